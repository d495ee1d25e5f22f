#include "supernet/data/rendered.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "graph/base/parallel.hpp"
#include "graph/base/rng.hpp"
#include "supernet/data/canvas.hpp"

namespace thimble {
namespace {

constexpr std::uint64_t kRenderStream = 0xf19;
constexpr float kPi = 3.14159265f;

float uniform(Rng& rng, double low, double high) { return static_cast<float>(rng.uniform(low, high)); }

Colour any_colour(Rng& rng) { return {uniform(rng, 10, 245), uniform(rng, 10, 245), uniform(rng, 10, 245)}; }

/// Nearly grey.
Colour dull_colour(Rng& rng) {
  const float grey = uniform(rng, 30, 225);
  return {grey + uniform(rng, -30, 30), grey + uniform(rng, -30, 30), grey + uniform(rng, -30, 30)};
}

/// Somewhere from dark brown to pale pink.
Colour skin_colour(Rng& rng) {
  const float tone = uniform(rng, 0, 1);
  return {90 + 155 * tone + uniform(rng, -10, 10), 55 + 140 * tone + uniform(rng, -10, 10),
          40 + 125 * tone + uniform(rng, -10, 10)};
}

/// A body part in body units: the body is 1 high, its middle is the origin, y points down.
struct Part {
  float x0, y0, x1, y1, radius;
  Colour colour;
};

struct Point {
  float x, y;
};

Point along(Point from, float angle, float length) {
  return {from.x + std::sin(angle) * length, from.y + std::cos(angle) * length};
}

/// Two joined limbs that hang from `joint`: angle 0 is straight down.
void add_limb(std::vector<Part>& parts, Point joint, float angle, float bend, float length, float radius, Colour upper,
              Colour lower) {
  const Point middle = along(joint, angle, length);
  const Point end = along(middle, angle + bend, length);
  parts.push_back({joint.x, joint.y, middle.x, middle.y, radius, upper});
  parts.push_back({middle.x, middle.y, end.x, end.y, radius * 0.9f, lower});
}

/// Legs, trunk, arms, head last.
std::vector<Part> body(Rng& rng) {
  const Colour skin = skin_colour(rng), shirt = any_colour(rng), trousers = any_colour(rng);
  const float lean = uniform(rng, -0.15, 0.15), stout = uniform(rng, 0.8, 1.3);
  const Point neck{lean * -0.35f, -0.29f}, hip{0, 0.06f};
  std::vector<Part> parts;
  for (float side : {-1.0f, 1.0f}) {
    const float stride = side * uniform(rng, 0.05, 0.55);
    add_limb(parts, {hip.x + side * 0.05f, hip.y}, stride, uniform(rng, -0.4, 0.2) * side, 0.21f, 0.045f * stout,
             trousers, trousers);
  }
  parts.push_back({neck.x, neck.y + 0.06f, hip.x, hip.y - 0.02f, 0.085f * stout, shirt});
  for (float side : {-1.0f, 1.0f}) {
    const float lift = side * uniform(rng, 0.15, 2.6);
    add_limb(parts, {neck.x + side * 0.09f, neck.y + 0.03f}, lift, side * uniform(rng, -0.2, 1.4), 0.16f,
             0.034f * stout, shirt, skin);
  }
  const float head = uniform(rng, 0.085, 0.11);
  parts.push_back({neck.x + lean * -0.1f, neck.y - head, neck.x + lean * -0.1f, neck.y - head - 0.02f, head, skin});
  return parts;
}

struct Place {
  float x, y, height, mirror;
};

Place any_place(Rng& rng) {
  const float height = uniform(rng, 0.5, 0.9);
  const float margin = height * 0.42f;
  const float x = uniform(rng, std::min(0.35f, margin * 0.6f), 1 - std::min(0.35f, margin * 0.6f));
  const float y = uniform(rng, std::min(margin, 0.48f), 1 - std::min(margin, 0.48f));
  return {x, y, height, rng.chance(0.5) ? 1.0f : -1.0f};
}

void draw(Canvas& canvas, const std::vector<Part>& parts, const Place& place) {
  const float h = place.height, m = place.height * place.mirror;
  for (const Part& part : parts)
    canvas.capsule(place.x + part.x0 * m, place.y + part.y0 * h, place.x + part.x1 * m, place.y + part.y1 * h,
                   part.radius * h, part.colour, 0.95f);
}

/// Every part is thrown to another place and turned: the same limbs, no figure.
std::vector<Part> scrambled(std::vector<Part> parts, Rng& rng) {
  for (Part& part : parts) {
    const float angle = uniform(rng, 0, 2 * kPi), c = std::cos(angle), s = std::sin(angle);
    const float dx = (part.x1 - part.x0) / 2, dy = (part.y1 - part.y0) / 2;
    const Point to{uniform(rng, -0.3, 0.3), uniform(rng, -0.45, 0.45)};
    part = {to.x - dx * c + dy * s,
            to.y - dx * s - dy * c,
            to.x + dx * c - dy * s,
            to.y + dx * s + dy * c,
            part.radius,
            part.colour};
  }
  return parts;
}

/// A body whose head lies at its feet or beside it.
std::vector<Part> beheaded(std::vector<Part> parts, Rng& rng) {
  Part& head = parts.back();
  const Point to = rng.chance(0.5) ? Point{uniform(rng, -0.3, 0.3), uniform(rng, 0.3, 0.45)}
                                   : Point{rng.chance(0.5) ? 0.36f : -0.36f, uniform(rng, -0.2, 0.3)};
  head = {to.x, to.y, to.x, to.y + 0.02f, head.radius, head.colour};
  return parts;
}

std::vector<Part> tree(Rng& rng) {
  const Colour bark = any_colour(rng), crown = any_colour(rng);
  std::vector<Part> parts{{0, -0.1f, uniform(rng, -0.05, 0.05), 0.48f, uniform(rng, 0.03, 0.06), bark}};
  for (int i = rng.between(1, 3); i > 0; --i) {
    const Point tip{uniform(rng, -0.3, 0.3), uniform(rng, -0.4, 0)};
    parts.push_back({0, uniform(rng, -0.1, 0.2), tip.x, tip.y, 0.03f, bark});
  }
  for (int i = rng.between(1, 3); i > 0; --i) {
    const float x = uniform(rng, -0.15, 0.15), y = uniform(rng, -0.4, -0.2);
    parts.push_back({x, y, x, y + 0.02f, uniform(rng, 0.1, 0.2), crown});
  }
  return parts;
}

/// A pole with a disc on top and two feet: head and legs, no trunk and no arms.
std::vector<Part> lamp(Rng& rng) {
  const Colour metal = any_colour(rng), light = any_colour(rng);
  const float radius = uniform(rng, 0.02, 0.05), spread = uniform(rng, 0.05, 0.2);
  return {{0, -0.35f, 0, 0.3f, radius, metal},
          {0, 0.3f, -spread, 0.46f, radius, metal},
          {0, 0.3f, spread, 0.46f, radius, metal},
          {0, -0.4f, 0, -0.42f, uniform(rng, 0.07, 0.12), light}};
}

/// Nothing of a body: in pictures of both classes.
std::vector<Part> thing(Rng& rng) { return rng.chance(0.5) ? tree(rng) : lamp(rng); }

/// What stands in the place of the figure.
std::vector<Part> decoy(Rng& rng) {
  const double kind = rng.uniform();
  if (kind < 0.3) return {};
  if (kind < 0.6) return thing(rng);
  return kind < 0.75 ? beheaded(body(rng), rng) : scrambled(body(rng), rng);
}

void draw_clutter(Canvas& canvas, Rng& rng, double largest) {
  const Colour colour = rng.chance(0.25) ? any_colour(rng) : dull_colour(rng);
  const float x = uniform(rng, 0, 1), y = uniform(rng, 0, 1), angle = uniform(rng, 0, kPi);
  const float a = uniform(rng, 0.02, largest), b = uniform(rng, 0.02, largest), opacity = uniform(rng, 0.5, 1);
  switch (rng.below(3)) {
    case 0:
      return canvas.ellipse(x, y, a, b, angle, colour, opacity);
    case 1:
      return canvas.box(x, y, a, b, angle, colour, opacity);
    default:
      return canvas.capsule(x, y, x + std::cos(angle) * 3 * a, y + std::sin(angle) * 3 * a, b * 0.3f, colour, opacity);
  }
}

/// Figure or one decoy more, then the same for both classes: so that only the arrangement of the parts tells them
/// apart.
void render(bool figure, Rng& rng, int size, std::uint8_t* pixels) {
  Canvas canvas(size);
  canvas.gradient(dull_colour(rng), dull_colour(rng), uniform(rng, -1, 1), uniform(rng, -1, 1));
  for (int i = rng.between(2, 6); i > 0; --i) draw_clutter(canvas, rng, 0.22);
  if (rng.chance(0.5)) {
    const std::vector<Part> parts = thing(rng);
    draw(canvas, parts, any_place(rng));
  }
  const std::vector<Part> parts = figure ? body(rng) : decoy(rng);
  draw(canvas, parts, any_place(rng));
  for (int i = rng.between(0, 2); i > 0; --i) draw_clutter(canvas, rng, 0.09);
  canvas.write(rng, uniform(rng, 2, 10), pixels);
}

}  // namespace

ImageSet render_figures(int count, int size, std::uint64_t seed, std::uint64_t stream, int threads) {
  ImageSet images{size, 3, {"no_figure", "figure"}, {}, {}};
  images.pixels.resize(static_cast<std::size_t>(count) * images.image_bytes());
  for (int i = 0; i < count; ++i) images.labels.push_back(i % 2);
  parallel_for(count, threads, [&](int i) {
    Rng rng({seed, kRenderStream, stream, static_cast<std::uint64_t>(i)});
    render(i % 2 == 1, rng, size, images.pixels.data() + static_cast<std::size_t>(i) * images.image_bytes());
  });
  return images;
}

}  // namespace thimble
