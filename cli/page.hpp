#pragma once
#include <string>
#include <vector>

namespace thimble {

/// Cells of a table's row.
using Row = std::vector<std::string>;

/// @param cell        "td" or "th"
/// @param attributes  of the row, with a blank before them
std::string html_row(const Row& row, const char* cell, const std::string& attributes = "");
/// A whole page in the style of our reports, that needs nothing else.
std::string html_page(const std::string& title, const std::string& body);
/// Rows with aligned columns: the first to the left, the others to the right.
std::string text_table(const std::vector<Row>& rows);
/// Rows as a Markdown table; the first is its head.
std::string markdown_table(const std::vector<Row>& rows);

}  // namespace thimble
