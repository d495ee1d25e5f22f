#include "cli/report.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/page.hpp"
#include "cli/svg_plot.hpp"
#include "profiler/board.hpp"
#include "profiler/provenance.hpp"
#include "search/space/evaluator.hpp"

using nlohmann::json;

namespace thimble {
namespace {

std::string fixed(double value, int digits) {
  char text[48];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string percent(const json& fraction) {
  return fraction.is_number() ? fixed(100 * fraction.get<double>(), 1) + " %" : "-";
}
std::string kib(const json& bytes) { return fixed(bytes.get<double>() / 1024, 1); }
std::string mega(const json& count) { return fixed(count.get<double>() / 1e6, 2); }
std::string milliseconds(const json& us) { return fixed(us.get<double>() / 1e3, 2); }

const Row& front_head() {
  static const Row head{"subnet",    "input",      "MMACs",      "k params",   "SRAM KiB",
                        "flash KiB", "top-1 fp32", "top-1 int8", "latency ms", "latency is"};
  return head;
}

/// One member of the front; accuracies are of the validation split, with the supernet's weights.
Row front_row(const json& entry) {
  return {entry["subnet"],
          std::to_string(entry["resolution"].get<int>()),
          mega(entry["macs"]),
          fixed(entry["params"].get<double>() / 1e3, 1),
          kib(entry["peak_sram_bytes"]),
          kib(entry["flash_bytes"]["total"]),
          percent(entry["top1_fp32"]),
          percent(entry["top1_int8"]),
          milliseconds(entry["latency_us"]),
          entry["provenance"]};
}

std::string front_section(const json& front) {
  std::string html =
      "<h2>Front</h2><p>No other candidate is better in accuracy, SRAM and latency at once. Accuracies are of "
      "the validation split with the supernet's weights.</p><div class='wide'><table>" +
      html_row(front_head(), "th");
  const std::string winner = front["winner"].is_null() ? "" : front["winner"]["subnet"].get<std::string>();
  for (const json& entry : front["front"])
    html += html_row(front_row(entry), "td", entry["subnet"] == winner ? " class='winner'" : "");
  html += "</table></div>";
  if (const std::string answers = answers_text(front); !answers.empty()) html += "<p>" + escape_html(answers) + "</p>";
  const std::string caveat = caveat_of(front);
  return caveat.empty() ? html : html + "<p>" + escape_html(caveat) + "</p>";
}

std::string fact(const std::string& name, const std::string& value) {
  return "<tr><th>" + escape_html(name) + "</th><td>" + escape_html(value) + "</td></tr>\n";
}

/// "0 cat, 1 dog": output values and what they are scores of.
std::string classes_text(const json& classes) {
  std::string text;
  for (std::size_t i = 0; i < classes.size(); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(i) + " " + classes[i].get<std::string>();
  return text;
}

std::string winner_section(const json& front) {
  const json& w = front["winner"];
  if (w.is_null()) return "";
  const std::string cases = std::to_string(w["known_answers"].get<int>());
  std::string html =
      "<h2>Winner</h2><table class='facts'>" + fact("subnet", w["subnet"]) + fact("board", front["board"]);
  html += fact("top-1 on the test split", "fp32 " + percent(w["top1_fp32"]) + ", int8 " + percent(w["top1_int8"]) +
                                              " of " + std::to_string(w["test_images"].get<int>()) + " pictures");
  if (w.contains("sqnr_db"))
    html += fact("fp32 to int8", fixed(w["sqnr_db"].get<double>(), 1) + " dB signal to noise at the output");
  if (front.contains("classes")) html += fact("classes", classes_text(front["classes"]));
  html += fact("MACs", mega(w["macs"]) + " M") + fact("parameters", std::to_string(w["params"].get<long>()));
  html += fact("SRAM", std::to_string(w["peak_sram_bytes"].get<long>()) + " B predicted, " +
                           std::to_string(w["linked_sram_bytes"].get<long>()) + " B linked");
  html += fact("flash", std::to_string(w["flash_bytes"]["total"].get<long>()) + " B predicted, " +
                            std::to_string(w["linked_flash_bytes"].get<long>()) + " B linked");
  html += fact("arena", std::to_string(w["arena_bytes"].get<long>()) + " B; no plan of its class needs less than " +
                            std::to_string(w["arena_lower_bound_bytes"].get<long>()) + " B");
  html += fact("latency", milliseconds(w["latency_us"]) + " ms, " + std::to_string(w["cycles"].get<long>()) +
                              " cycles (" + w["provenance"].get<std::string>() + ")");
  html += fact("firmware against the host's int8 reference",
               w["bit_exact"].get<bool>() ? "bit-exact on " + cases + " test pictures" : "DIFFERS, see log.txt");
  html += "</table>";
  return html;
}

std::string layers_section(const json& front) {
  const json& w = front["winner"];
  if (w.is_null() || !w.contains("layers")) return "";
  std::string html = "<h2>Layers of the winner</h2><div class='wide'><table>" +
                     html_row({"layer", "operator", "MACs", "cycles", "cycles/MAC", "float to int8, dB"}, "th");
  for (const json& layer : w["layers"]) {
    const double macs = layer["macs"].get<double>(), cycles = layer["cycles"].get<double>();
    const json sqnr = layer.value("sqnr_db", json());
    html += html_row({layer["name"], layer["op"], std::to_string(layer["macs"].get<long>()),
                      std::to_string(layer["cycles"].get<long>()), macs > 0 ? fixed(cycles / macs, 2) : "-",
                      sqnr.is_number() ? fixed(sqnr.get<double>(), 1) : "-"},
                     "td");
  }
  return html + "</table></div>";
}

/// How the latencies were predicted of what the board did not run, and how well.
std::string prediction_text(const json& search) {
  const std::string error = percent(search["latency_model_error"]);
  const bool brought = search.contains("latency_model") && !search["latency_model"].is_null();
  return brought ? "by the job's latency model and from those; the model's mean error on them " + error
                 : "from those; mean error " + error + " (cross-validated)";
}

std::string search_section(const json& search, const json& front) {
  Plot plot{"Candidates by accuracy and latency", "latency, ms", "top-1 of the validation split", {}, true};
  PlotSeries all{"evaluated", {}, false, true, true}, best{"front", {}, false, true};
  for (const json& generation : search["generations"])
    for (const json& point : generation["points"])
      all.points.emplace_back(point[0].get<double>() / 1e3, point[1].get<double>());
  for (const json& entry : front["front"])
    best.points.emplace_back(entry["latency_us"].get<double>() / 1e3, entry["top1_fp32"].get<double>());
  plot.series = {all, best};
  Plot history{"Best candidate so far", "generation", "top-1 of the validation split", {}, true};
  PlotSeries line{"", {}, true, true};
  for (const json& generation : search["generations"])
    line.points.emplace_back(generation["generation"].get<double>(), generation["best_top1"].get<double>());
  history.series = {line};
  return "<h2>Search</h2><p>" + std::to_string(search["evaluated"].get<int>()) + " candidates evaluated, " +
         std::to_string(search["measured"].get<int>()) + " of them run on " +
         escape_html(front["board"].get<std::string>()) + ". Latencies of the others are predicted " +
         prediction_text(search) + ".</p><div class='plots'>" + to_svg(plot) + to_svg(history) + "</div>";
}

std::string space_section(const json& space) {
  Plot plot{"MACs of the subnets that fit, best spaces", "MACs, M", "share of subnets with at most so many", {}, true};
  std::string rows;
  for (const json& s : space["spaces"]) {
    if (plot.series.size() < 8) {
      PlotSeries series{"r" + std::to_string(s["resolution"].get<int>()) + " w" + fixed(s["width_multiplier"], 2), {}};
      for (const json& p : s["cdf"]) series.points.emplace_back(p[0].get<double>() / 1e6, p[1].get<double>());
      plot.series.push_back(series);
    }
    rows += html_row({std::to_string(s["resolution"].get<int>()), fixed(s["width_multiplier"], 2), mega(s["mean_macs"]),
                      percent(s["fits_share"])},
                     "td", s["kept"].get<bool>() ? " class='winner'" : "");
  }
  return "<h2>Search space</h2><p>For every pair of resolution and width, random subnets; those that fit the target "
         "are "
         "kept; pairs are ranked by the mean MACs of what fits. Marked: in the space that was trained and searched.</p>"
         "<div class='plots'>" +
         to_svg(plot) + "<div class='scroll'><table>" + html_row({"resolution", "width", "mean MMACs", "fits"}, "th") +
         rows + "</table></div></div>";
}

std::string training_section(const json& training) {
  Plot plot{"Training loss", "step", "loss", {}, false};
  PlotSeries line{"", {}};
  for (const json& p : training["curve"]) line.points.emplace_back(p["step"].get<double>(), p["loss"].get<double>());
  plot.series = {line};
  return "<h2>Supernet</h2><p>" + std::to_string(training["parameters"].get<long>()) + " shared parameters, " +
         std::to_string(training["steps"].get<int>()) + " steps.</p><div class='plots'>" + to_svg(plot) + "</div>";
}

/// Null is no verdict.
bool is_wrong(const json& entry) { return entry.contains("bit_exact") && entry["bit_exact"] == false; }

}  // namespace

bool answers_hold(const json& front) {
  const json& entries = front["front"];
  return std::none_of(entries.begin(), entries.end(), is_wrong);
}

std::string answers_text(const json& front) {
  std::string wrong, unasked;
  int asked = 0;
  const auto add = [](std::string& names, const json& entry) {
    names += (names.empty() ? "" : ", ") + entry["subnet"].get<std::string>();
  };
  for (const json& entry : front["front"]) {
    if (!entry.contains("bit_exact")) continue;  // of before answers were asked for
    asked += entry["bit_exact"].is_boolean();
    if (is_wrong(entry)) add(wrong, entry);
    if (entry["bit_exact"].is_null()) add(unasked, entry);
  }
  if (!unasked.empty()) unasked = " Not asked (see log.txt): " + unasked;
  if (asked == 0) return unasked.empty() ? "" : unasked.substr(1);
  const std::string board = front["board"].get<std::string>();
  if (!wrong.empty())
    return "On " + board + " the answers DIFFER from the host's int8 reference (see log.txt): " + wrong +
           (unasked.empty() ? "" : "." + unasked);
  return "On " + board + " all " + std::to_string(asked) + " answer bit for bit as the host's int8 reference." +
         unasked;
}

std::string caveat_of(const json& front) {
  const json& entries = front["front"];
  if (std::none_of(entries.begin(), entries.end(),
                   [](const json& e) { return e["provenance"] == to_text(Provenance::kModelled); }))
    return "";
  // fronts of before the core was noted: that of their board
  const std::string core =
      front.contains("core") ? front["core"].get<std::string>() : load_board(front["board"].get<std::string>()).core;
  return cycle_model_caveat(core);
}

std::string report_html(const json& space, const json& training, const json& search, const json& front) {
  const std::string name = front.is_null() ? "run" : front["job"].get<std::string>();
  std::string body = "<h1>Thimble: " + escape_html(name) + "</h1>";
  if (!front.is_null()) body += winner_section(front) + front_section(front);
  if (!search.is_null() && !front.is_null()) body += search_section(search, front);
  if (!space.is_null()) body += space_section(space);
  if (!training.is_null()) body += training_section(training);
  if (!front.is_null()) body += layers_section(front);
  return html_page("Thimble: " + name, body);
}

std::string front_table(const json& front) {
  std::vector<Row> rows{front_head()};
  for (const json& entry : front["front"]) rows.push_back(front_row(entry));
  return text_table(rows);
}

std::string front_csv(const json& front) {
  std::string csv =
      "subnet,resolution,width_multiplier,macs,params,arena_bytes,peak_sram_bytes,flash_bytes,top1_fp32,"
      "top1_int8,cycles,latency_us,provenance\n";
  for (const json& e : front["front"]) {
    for (const char* key :
         {"subnet", "resolution", "width_multiplier", "macs", "params", "arena_bytes", "peak_sram_bytes"})
      csv += (e[key].is_string() ? e[key].get<std::string>() : e[key].dump()) + ",";
    csv += e["flash_bytes"]["total"].dump();
    for (const char* key : {"top1_fp32", "top1_int8", "cycles", "latency_us", "provenance"})
      csv += "," + (e[key].is_string() ? e[key].get<std::string>() : e[key].dump());
    csv += "\n";
  }
  return csv;
}

}  // namespace thimble
