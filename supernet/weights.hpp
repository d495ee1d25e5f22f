#pragma once
#include <string>
#include <vector>

#include "search/space/space.hpp"
#include "supernet/data/binary_file.hpp"
#include "supernet/layers.hpp"

namespace thimble {

/// The shared weights of one layer at its largest: most channels, largest kernel. Layouts as in LayerKind.
struct LayerWeights {
  std::string name;
  LayerKind kind = LayerKind::kPointwise;
  int in_channels = 0, out_channels = 0, kernel = 1;
  std::vector<float> weights;
  std::vector<float> scale;  ///< batch norm's gamma [C_out]; empty for the classifier
  std::vector<float> shift;  ///< batch norm's beta, or the classifier's bias [C_out]
};

struct SupernetWeights {
  SearchSpace space;
  std::vector<LayerWeights> layers;  ///< the layers of the largest subnet, in order
};

/// Orders the hidden channels of every block by the L1 norm of the weights that read them in the projection, largest
/// first, so that a smaller expansion keeps the most important ones. The largest subnet computes the same as before.
void sort_hidden_channels(SupernetWeights& weights);

/// The layers' names, sizes and values; read_weights checks the first two against `weights`.
/// @error Error  the file holds the weights of another space, naming the first layer that differs
void write_weights(BinaryWriter& writer, const SupernetWeights& weights);
void read_weights(BinaryReader& reader, SupernetWeights& weights, const std::string& path);

/// The weights of one layer of a subnet, packed: [C_out,3,3,C_in], [C_out,C_in] or [K,K,C].
std::vector<float> active_weights(const LayerWeights& shared, const Layer& layer);

}  // namespace thimble
