#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "search/space/subnet.hpp"
#include "supernet/data/image_set.hpp"

namespace thimble {

struct SupernetWeights;  // tensors; supernet/weights.hpp

/// The shared weights of all subnets of a space (once-for-all, Cai et al. 2020, arXiv:1908.09791).
///
/// A subnet uses the first channels (width, expansion), the centre of the largest kernel and the first blocks of each
/// stage. There is a batch norm behind every convolution (eps 1e-3), ReLU6 behind stem, expand and depthwise, a
/// shortcut where stride is 1 and the channels agree, then global average pool and a classifier.
class Supernet {
 public:
  /// Fresh weights (He initialisation), a function of the seed alone.
  Supernet(const SearchSpace& space, std::uint64_t seed);
  Supernet(const Supernet& other);  ///< copies the weights
  Supernet& operator=(const Supernet& other);
  Supernet(Supernet&&) noexcept;
  Supernet& operator=(Supernet&&) noexcept;
  ~Supernet();

  /// Reads what `save` wrote.
  /// @error Error  missing, damaged, another version, or weights of another space
  static Supernet load(const std::string& path, const SearchSpace& space);
  /// Writes atomically: a temporary file, fsync, rename.
  /// @error Error  the file cannot be written (disk full, no permission)
  void save(const std::string& path) const;

  const SearchSpace& space() const;
  std::int64_t parameters() const;    ///< number of shared weights
  std::uint64_t fingerprint() const;  ///< of all weights: equal bits, equal number

  SupernetWeights& weights() { return *weights_; }
  const SupernetWeights& weights() const { return *weights_; }

 private:
  std::unique_ptr<SupernetWeights> weights_;
};

/// Throws where a network of `space` cannot take these pictures.
/// @error Error  they differ in channels or in classes; both numbers are named
void check_pictures(const SearchSpace& space, const ImageSet& images);

}  // namespace thimble
