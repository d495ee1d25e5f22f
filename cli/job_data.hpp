#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "graph/base/config.hpp"
#include "search/space/space.hpp"
#include "supernet/data/data.hpp"

namespace thimble {

/// Reads the `data` part of a job; keys of another kind of data are problems. Paths are relative to `folder`.
void read_data(ConfigMap map, const std::filesystem::path& folder, DataConfig& data);

/// What a space must have for that kind of pictures, as far as the kind alone says it: channels, classes.
/// @param space_file  that issues are about
std::vector<ConfigIssue> kind_issues(const DataConfig& data, const SearchSpace& space, const std::string& space_file);

/// The same of the pictures themselves.
std::vector<ConfigIssue> picture_issues(const ImageSet& pictures, const SearchSpace& space,
                                        const std::string& space_file);

}  // namespace thimble
