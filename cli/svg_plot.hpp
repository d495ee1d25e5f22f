#pragma once
#include <string>
#include <utility>
#include <vector>

namespace thimble {

/// One line or cloud of points of a plot.
struct PlotSeries {
  std::string name;  ///< empty: not in the legend
  std::vector<std::pair<double, double>> points;
  bool line = true;  ///< joined by a line, in the order given
  bool marks = false;
  bool faint = false;  ///< drawn grey, behind the others
};

struct Plot {
  std::string title, x_label, y_label;
  std::vector<PlotSeries> series;
  bool y_percent = false;  ///< y is a fraction, shown in percent
};

/// The plot as an SVG element that stands in a page by itself: no script, no outside resource.
std::string to_svg(const Plot& plot);

/// `&`, `<`, `>` and quotes made harmless.
std::string escape_html(const std::string& text);

}  // namespace thimble
