#include "supernet/optimizer/weight_average.hpp"

#include <algorithm>

namespace thimble {

void WeightAverage::add(const std::vector<Parameter>& parameters) {
  if (decay_ == 0) return;
  if (values_.empty())
    for (const Parameter& parameter : parameters) values_.push_back(*parameter.values);
  ++steps_;
  const auto share = static_cast<float>(1 - std::min(decay_, (1.0 + steps_) / (10.0 + steps_)));
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    const float* values = parameters[p].values->data();
    for (std::size_t i = 0; i < values_[p].size(); ++i) values_[p][i] += share * (values[i] - values_[p][i]);
  }
}

void WeightAverage::apply(const std::vector<Parameter>& parameters) {
  for (std::size_t p = 0; p < values_.size(); ++p)
    std::copy(values_[p].begin(), values_[p].end(), parameters[p].values->begin());
  values_.clear();
  steps_ = 0;
}

void WeightAverage::write(BinaryWriter& writer) const {
  writer.put(steps_);
  write_all(writer, values_);
}

void WeightAverage::read(BinaryReader& reader) {
  steps_ = reader.get<int>();
  values_ = read_all(reader);
}

}  // namespace thimble
