#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "graph/base/error.hpp"
#include "supernet/distributed/rank_place.hpp"

namespace thimble {

/// Another process of the training does not answer any more.
class RankLost : public Error {
 public:
  using Error::Error;
};

/// The processes that train together, seen from one of them.
class Ranks {
 public:
  virtual ~Ranks() = default;

  virtual int rank() const = 0;
  virtual int count() const = 0;
  /// Sums up over all ranks, element by element; every rank gets the same bits.
  /// @error RankLost
  virtual void sum(std::vector<float>& values) = 0;

  /// Rank 0 gives the others a text...
  virtual void announce(const std::string& text) = 0;
  /// ...that they get in the order given, however long it takes.
  /// @error RankLost  rank 0 is gone
  virtual std::string next_announcement() = 0;
  /// The last word of every rank; rank 0, whose end is that of all, waits a while for the others'.
  virtual void leave() = 0;
};

/// Joins the others over LibTorch's c10d (Gloo over TCP); rank 0 keeps the store that they meet at.
/// @param patience  until all have come
/// @error Error     built without c10d; the others did not come; the port is taken
std::unique_ptr<Ranks> join_ranks(const RankPlace& place, std::chrono::seconds patience = std::chrono::minutes(10));

}  // namespace thimble
