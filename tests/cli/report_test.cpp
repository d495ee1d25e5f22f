#include "cli/report.hpp"

#include <nlohmann/json.hpp>

#include "cli/svg_plot.hpp"
#include "tests/catch.hpp"

using namespace thimble;
using nlohmann::json;

namespace {

json entry(const std::string& subnet, double top1, double latency_us) {
  return {{"subnet", subnet},         {"resolution", 48},
          {"width_multiplier", 0.5},  {"macs", 1250000},
          {"params", 23400},          {"arena_bytes", 20480},
          {"peak_sram_bytes", 21504}, {"flash_bytes", {{"total", 51200}}},
          {"top1_fp32", top1},        {"top1_int8", top1},
          {"cycles", 1600000},        {"latency_us", latency_us},
          {"provenance", "modelled"}};
}

json front_of_two() {
  return {{"job", "a<b"},
          {"board", "virtual-m4"},
          {"front", {entry("r48-w0.5-k3e2", 0.875, 16000), entry("r32-w0.5-k3e2", 0.8, 9000)}},
          {"winner", nullptr}};
}

}  // namespace

TEST_CASE("the table shows units and the provenance of every latency", "[cli][report]") {
  const std::string table = front_table(front_of_two());
  // 1 250 000 MACs = 1.25 M; 21 504 B = 21.0 KiB; 51 200 B = 50.0 KiB; 16 000 us = 16.00 ms
  CHECK_THAT(table,
             Catch::Contains("r48-w0.5-k3e2     48   1.25") && Catch::Contains("21.0") && Catch::Contains("50.0"));
  CHECK_THAT(table, Catch::Contains("87.5 %") && Catch::Contains("16.00    modelled"));
}

TEST_CASE("the CSV has one line per member of the front and as many fields as its head", "[cli][report]") {
  const std::string csv = front_csv(front_of_two());
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 3);
  CHECK(std::count(csv.begin(), csv.end(), ',') == 3 * 12);
}

TEST_CASE("a report can be made of what there is, and text from files is harmless in it", "[cli][report]") {
  const std::string html = report_html(nullptr, nullptr, nullptr, front_of_two());
  CHECK_THAT(html, Catch::Contains("a&lt;b") && !Catch::Contains("a<b"));
  CHECK_THAT(html, Catch::Contains("r32-w0.5-k3e2"));
}

TEST_CASE("a member of the front whose answers are wrong is named", "[cli][report]") {
  json front = front_of_two();
  CHECK(answers_text(front).empty());  // of before answers were asked for
  CHECK(answers_hold(front));
  for (json& entry : front["front"]) entry["bit_exact"] = true;
  CHECK(answers_text(front) == "On virtual-m4 all 2 answer bit for bit as the host's int8 reference.");
  CHECK(answers_hold(front));
  front["front"][1]["bit_exact"] = false;
  CHECK_FALSE(answers_hold(front));
  CHECK(answers_text(front) ==
        "On virtual-m4 the answers DIFFER from the host's int8 reference (see log.txt): r32-w0.5-k3e2");
  CHECK_THAT(report_html(nullptr, nullptr, nullptr, front), Catch::Contains("DIFFER"));
  front["front"][1]["bit_exact"] = nullptr;  // nobody could ask it: no verdict
  CHECK(answers_hold(front));
  CHECK(answers_text(front) ==
        "On virtual-m4 all 1 answer bit for bit as the host's int8 reference. Not asked (see log.txt): r32-w0.5-k3e2");
}

TEST_CASE("modelled latencies come with what is known of the model of their core", "[cli][report]") {
  json front = front_of_two();
  CHECK_THAT(caveat_of(front), Catch::Contains("Cortex-M4 manual"));  // that of virtual-m4
  front["core"] = "cortex-m7";
  CHECK_THAT(caveat_of(front), Catch::Contains("no timings of the Cortex-M7") && !Catch::Contains("Cortex-M4"));
  CHECK_THAT(report_html(nullptr, nullptr, nullptr, front), Catch::Contains(escape_html(caveat_of(front))));
  for (json& entry : front["front"]) entry["provenance"] = "measured";
  CHECK(caveat_of(front).empty());
  CHECK_THAT(report_html(nullptr, nullptr, nullptr, front), !Catch::Contains("Cortex"));
}

TEST_CASE("a plot of one point, or of none, is still a plot", "[cli][report]") {
  CHECK_THAT(to_svg({"t", "x", "y", {{"one", {{3, 4}}, true, true}}}),
             Catch::Contains("<circle") && !Catch::Contains("nan"));
  CHECK_THAT(to_svg({"t", "x", "y", {}}), Catch::StartsWith("<svg") && !Catch::Contains("nan"));
}
