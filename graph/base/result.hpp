#pragma once
#include <utility>
#include <variant>

#include "graph/base/check.hpp"

namespace thimble {

/// A value, or the reason why there is none: for outcomes that are ordinary in a search (does not fit, board timed
/// out).
template <class T, class E>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  const T& value() const {
    THIMBLE_CHECK(has_value(), "value() of a Result that holds an error");
    return std::get<0>(state_);
  }
  T& value() {
    THIMBLE_CHECK(has_value(), "value() of a Result that holds an error");
    return std::get<0>(state_);
  }
  const E& error() const {
    THIMBLE_CHECK(!has_value(), "error() of a Result that holds a value");
    return std::get<1>(state_);
  }

  const T& operator*() const { return value(); }
  T& operator*() { return value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

 private:
  std::variant<T, E> state_;
};

}  // namespace thimble
