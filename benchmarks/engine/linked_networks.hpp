#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "deploy/c_writer.hpp"
#include "graph/graph.hpp"

namespace thimble::linked {

/// A network as the search sees it and as firmware gets it.
struct Network {
  std::string name;      ///< how to make it again: "configs/spaces/demo.yaml seed 7 r32-w0.5-..."
  Graph shapes;          ///< what is planned: without weights where the network has none of its own
  Graph deployed;        ///< int8 with weights
  KnownAnswers answers;  ///< of the reference interpreter; empty where none were asked for
};

/// Random subnets, their weights random too: number `index` is the same in every call.
///
/// The spaces take turns: those of `files`, and one of odd resolutions, every window and narrow layers.
/// @param files           space files
/// @param max_resolution  the larger resolutions of a space are not drawn (one is always left)
/// @param cases           known answers
Network random_subnet(const std::vector<std::filesystem::path>& files, std::uint64_t seed, int index,
                      int max_resolution, int cases);

/// An imported model (.tflite), simplified, or a published network configuration (.json) with random weights.
Network network_of_file(const std::filesystem::path& file);

}  // namespace thimble::linked
