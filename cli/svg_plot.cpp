#include "cli/svg_plot.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace thimble {
namespace {

constexpr double kWidth = 560, kHeight = 330, kLeft = 62, kRight = 14, kTop = 30, kBottom = 46;
const char* const kColours[] = {"#1565c0", "#c62828", "#2e7d32", "#6a1b9a", "#ef6c00", "#00838f", "#5d4037", "#455a64"};
constexpr std::size_t kColourCount = sizeof kColours / sizeof *kColours;

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

std::string pixel(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

/// A step of 1, 2 or 5 times a power of ten that cuts the span into about `count`.
double tick_step(double span, int count) {
  const double raw = span / count, power = std::pow(10.0, std::floor(std::log10(raw)));
  for (double factor : {1.0, 2.0, 5.0})
    if (raw <= factor * power) return factor * power;
  return 10 * power;
}

struct Axis {
  double low = 0, high = 1, from = 0, to = 1;  // values, pixels

  static Axis over(const Plot& plot, bool x, double from, double to) {
    Axis axis{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), from, to};
    for (const PlotSeries& series : plot.series) {
      for (const auto& [px, py] : series.points) {
        axis.low = std::min(axis.low, x ? px : py);
        axis.high = std::max(axis.high, x ? px : py);
      }
    }
    if (!(axis.low <= axis.high)) axis.low = 0, axis.high = 1;
    const double margin =
        axis.high > axis.low ? 0.04 * (axis.high - axis.low) : std::max(0.5, std::abs(axis.low) * 0.05);
    axis.low -= margin, axis.high += margin;
    return axis;
  }
  double at(double value) const { return from + (value - low) / (high - low) * (to - from); }
};

std::string text_at(double x, double y, const char* anchor, const std::string& text, const char* style = "") {
  return "<text x='" + pixel(x) + "' y='" + pixel(y) + "' text-anchor='" + anchor + "' " + style + ">" +
         escape_html(text) + "</text>";
}

std::string grid(const Plot& plot, const Axis& x, const Axis& y) {
  std::string svg;
  const double x_step = tick_step(x.high - x.low, 6), y_step = tick_step(y.high - y.low, 5);
  for (double v = std::ceil(x.low / x_step) * x_step; v <= x.high; v += x_step) {
    svg += "<line class='grid' x1='" + pixel(x.at(v)) + "' x2='" + pixel(x.at(v)) + "' y1='" + pixel(y.from) +
           "' y2='" + pixel(y.to) + "'/>" +
           text_at(x.at(v), y.from + 15, "middle", number(std::abs(v) < x_step / 1e6 ? 0 : v));
  }
  for (double v = std::ceil(y.low / y_step) * y_step; v <= y.high; v += y_step) {
    const double shown = std::abs(v) < y_step / 1e6 ? 0 : v;
    svg += "<line class='grid' x1='" + pixel(x.from) + "' x2='" + pixel(x.to) + "' y1='" + pixel(y.at(v)) + "' y2='" +
           pixel(y.at(v)) + "'/>" +
           text_at(x.from - 6, y.at(v) + 4, "end", plot.y_percent ? number(100 * shown) + " %" : number(shown));
  }
  return svg;
}

std::string draw(const PlotSeries& series, const Axis& x, const Axis& y, const std::string& colour) {
  std::string svg, path;
  for (const auto& [px, py] : series.points) {
    const std::string at = pixel(x.at(px)) + "," + pixel(y.at(py));
    path += (path.empty() ? "M" : " L") + at;
    if (series.marks) {
      svg += "<circle cx='" + pixel(x.at(px)) + "' cy='" + pixel(y.at(py)) + "' r='" + (series.faint ? "2" : "3.5") +
             "' fill='" + colour + "'/>";
    }
  }
  if (series.line && !path.empty())
    svg = "<path d='" + path + "' fill='none' stroke='" + colour + "' stroke-width='1.6'/>" + svg;
  return svg;
}

}  // namespace

std::string escape_html(const std::string& text) {
  std::string safe;
  for (char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

std::string to_svg(const Plot& plot) {
  const Axis x = Axis::over(plot, true, kLeft, kWidth - kRight), y = Axis::over(plot, false, kHeight - kBottom, kTop);
  std::string svg = "<svg viewBox='0 0 " + pixel(kWidth) + " " + pixel(kHeight) + "' role='img'>" +
                    text_at(kWidth / 2, 17, "middle", plot.title, "class='title'") + grid(plot, x, y) +
                    text_at((x.from + x.to) / 2, kHeight - 10, "middle", plot.x_label) + "<g transform='translate(14," +
                    pixel((y.from + y.to) / 2) + ") rotate(-90)'>" + text_at(0, 0, "middle", plot.y_label) + "</g>";
  std::size_t colour = 0;
  double legend = kTop + 12;
  for (const PlotSeries& series : plot.series) {
    const std::string paint = series.faint ? "#b0bec5" : kColours[colour++ % kColourCount];
    svg += draw(series, x, y, paint);
    if (series.name.empty()) continue;
    svg += "<rect x='" + pixel(kLeft + 10) + "' y='" + pixel(legend - 8) + "' width='10' height='8' fill='" + paint +
           "'/>" + text_at(kLeft + 25, legend, "start", series.name);
    legend += 14;
  }
  return svg + "</svg>";
}

}  // namespace thimble
