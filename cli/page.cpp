#include "cli/page.hpp"

#include <algorithm>

#include "cli/svg_plot.hpp"

namespace thimble {
namespace {

constexpr const char* kStyle =
    "body{font:15px/1.5 system-ui,sans-serif;max-width:1180px;margin:2em auto;padding:0 1em;color:#212121}"
    "h1{font-size:1.6em}h2{font-size:1.2em;margin-top:2em;border-bottom:1px solid #cfd8dc}"
    "table{border-collapse:collapse;font-size:13px}th,td{padding:3px 9px;text-align:right;border-bottom:1px solid "
    "#eceff1}"
    "th:first-child,td:first-child{text-align:left;font-family:ui-monospace,monospace}th{color:#546e7a;font-weight:600}"
    ".facts td{text-align:left}.winner td{background:#e3f2fd;font-weight:600}.wide{overflow-x:auto}"
    ".plots{display:flex;flex-wrap:wrap;gap:1em}.scroll{max-height:330px;overflow-y:auto}svg{width:560px;max-width:100%"
    "}"
    "svg text{font:11px system-ui,sans-serif;fill:#37474f}svg "
    ".title{font-weight:600;font-size:13px}.grid{stroke:#eceff1}";

Row pad_columns(const Row& row, const std::vector<std::size_t>& widths) {
  Row padded = row;
  for (std::size_t i = 0; i < row.size(); ++i)
    padded[i].insert(i == 0 ? padded[i].size() : 0, widths[i] - std::min(widths[i], row[i].size()), ' ');
  return padded;
}

std::string markdown_row(const Row& row) {
  std::string text = "|";
  for (const std::string& cell : row) {
    text += " ";
    for (const char c : cell) text += c == '|' ? std::string("\\|") : std::string(1, c == '\n' ? ' ' : c);
    text += " |";
  }
  return text + "\n";
}

}  // namespace

std::string html_row(const Row& row, const char* cell, const std::string& attributes) {
  std::string html = "<tr" + attributes + ">";
  for (const std::string& text : row) html += std::string("<") + cell + ">" + escape_html(text) + "</" + cell + ">";
  return html + "</tr>\n";
}

std::string html_page(const std::string& title, const std::string& body) {
  return "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'><meta name='viewport' "
         "content='width=device-width'>"
         "<title>" +
         escape_html(title) + "</title><style>" + kStyle + "</style></head><body>\n" + body + "\n</body></html>\n";
}

std::string text_table(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    for (const std::string& cell : pad_columns(row, widths)) text += cell + "  ";
    text.erase(text.find_last_not_of(' ') + 1);
    text += "\n";
  }
  return text;
}

std::string markdown_table(const std::vector<Row>& rows) {
  std::string text;
  for (const Row& row : rows) {
    text += markdown_row(row);
    if (&row == &rows.front()) text += markdown_row(Row(row.size(), "---"));
  }
  return text;
}

}  // namespace thimble
