#pragma once
#include <cstdint>
#include <memory>
#include <new>

namespace thimble {

/// Floats from the beginning of a cache line on, not initialised.
class AlignedFloats {
 public:
  explicit AlignedFloats(std::int64_t count = 0)
      : data_(static_cast<float*>(::operator new(static_cast<std::size_t>(count) * sizeof(float), kLine))) {}
  float* data() const { return data_.get(); }

 private:
  static constexpr std::align_val_t kLine{64};
  struct Delete {
    void operator()(float* data) const { ::operator delete(data, kLine); }
  };
  std::unique_ptr<float, Delete> data_;
};

}  // namespace thimble
