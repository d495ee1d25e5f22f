#include "profiler/command_words.hpp"

#include "graph/base/error.hpp"
#include "tests/catch.hpp"

using namespace thimble;
using Words = std::vector<std::string>;

TEST_CASE("a command line is taken apart as a shell does", "[profiler][command_words]") {
  CHECK(words_of("").empty());
  CHECK(words_of(" \t ").empty());
  CHECK(words_of("uhubctl -a  cycle\t-p 2") == Words{"uhubctl", "-a", "cycle", "-p", "2"});
  CHECK(words_of("sh -c 'echo \"ready\"; cat; echo \\n'") == Words{"sh", "-c", "echo \"ready\"; cat; echo \\n"});
  CHECK(words_of(R"(sh "a 'b' \"c\" \\ \d" '')") == Words{"sh", R"(a 'b' "c" \ \d)", ""});
  CHECK(words_of("--name='a b'c") == Words{"--name=a bc"});
  CHECK(words_of(R"(C:\tools\meter)") == Words{R"(C:\tools\meter)"});
}

TEST_CASE("a quote that is never closed is named", "[profiler][command_words]") {
  CHECK_THROWS_WITH(words_of("sh -c 'echo ready"), Catch::Contains("'echo ready is never closed"));
  CHECK_THROWS_WITH(words_of("sh \"a b"), Catch::Contains("\"a b is never closed"));
  CHECK_THROWS_AS(words_of("sh \"a\\\""), Error);
}
