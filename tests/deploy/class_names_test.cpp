#include "deploy/class_names.hpp"

#include "graph/base/error.hpp"
#include "graph/base/files.hpp"
#include "graph/base/run_process.hpp"
#include "tests/catch.hpp"

using namespace thimble;

TEST_CASE("class names reach C as they are", "[deploy][class_names]") {
  if (run_process({"cc", "--version"}).exit_code != 0) {
    WARN("skipped: there is no C compiler");
    return;
  }
  const std::vector<std::string> names = {"a \"cat\"\\n */",
                                          "what?"
                                          "?/1",
                                          "\xc3\xa9t\xc3\xa9 7"};
  const TemporaryFolder folder;
  write_file(folder.path() / "names.c", "#include <stdio.h>\n" + class_macros(names, 3) +
                                            "static const char *const names[MODEL_CLASSES] = MODEL_CLASS_NAMES;\n"
                                            "int main(void) {\n"
                                            "  for (int i = 0; i < MODEL_CLASSES; ++i) puts(names[i]);\n"
                                            "  return 0;\n}\n");
  const ProcessResult built =
      run_process({"cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-o", "names", "names.c"}, folder.path().string());
  REQUIRE(built.output.empty());
  CHECK(run_process({"./names"}, folder.path().string()).output == names[0] + "\n" + names[1] + "\n" + names[2] + "\n");
}

TEST_CASE("without class names there are no macros, and wrong ones are refused", "[deploy][class_names]") {
  CHECK(class_macros({}, 3).empty());
  CHECK_THROWS_WITH(class_macros({"cat"}, 3), "1 class names for 3 outputs");
}
