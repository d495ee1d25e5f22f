#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace thimble {

/// Macros of model.h that say what each output value is the score of: MODEL_CLASSES and MODEL_CLASS_NAMES, the
/// initialiser of an array of strings. Empty where there are no names.
/// @param values  of the output
/// @error Error   there are not as many names
std::string class_macros(const std::vector<std::string>& class_names, std::int64_t values);

/// Any bytes as a string literal of C.
std::string c_string(const std::string& text);

}  // namespace thimble
