#include "search/space/evaluator.hpp"

#include "graph/base/check.hpp"
#include "graph/base/error.hpp"

namespace thimble {
namespace {

constexpr Provenance kAll[] = {Provenance::kComputed, Provenance::kPredicted, Provenance::kModelled,
                               Provenance::kMeasured};

}  // namespace

const char* to_text(Provenance provenance) {
  switch (provenance) {
    case Provenance::kComputed:
      return "computed";
    case Provenance::kPredicted:
      return "predicted";
    case Provenance::kModelled:
      return "modelled";
    case Provenance::kMeasured:
      return "measured";
  }
  THIMBLE_CHECK(false, "a Provenance without a name");
}

Provenance provenance_from_text(std::string_view text) {
  for (Provenance provenance : kAll)
    if (text == to_text(provenance)) return provenance;
  throw Error("\"" + std::string(text) + "\" is not a provenance (computed, predicted, modelled, measured)");
}

}  // namespace thimble
