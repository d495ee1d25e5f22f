#include "supernet/optimizer/optimizer.hpp"

#include <cmath>
#include <numeric>

#include "supernet/kernels/worker_pool.hpp"
#include "supernet/optimizer/adamw.hpp"
#include "supernet/optimizer/sgd.hpp"

namespace thimble {

std::unique_ptr<Optimizer> make_optimizer(const TrainRecipe& recipe) {
  if (recipe.optimizer == "adamw")
    return std::make_unique<AdamW>(recipe.momentum, recipe.second_momentum, recipe.weight_decay);
  return std::make_unique<Sgd>(recipe.momentum, recipe.weight_decay);
}

namespace {

/// Sum of squares, in double; eight running sums, which one order of addition would not let the compiler keep apart.
double sum_of_squares(const float* values, std::size_t count) {
  double sums[8] = {};
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (std::size_t l = 0; l < 8; ++l)
      sums[l] += static_cast<double>(values[i + l]) * static_cast<double>(values[i + l]);
  for (; i < count; ++i) sums[0] += static_cast<double>(values[i]) * static_cast<double>(values[i]);
  double all = 0;
  for (double sum : sums) all += sum;
  return all;
}

}  // namespace

double gradient_norm(const std::vector<Parameter>& parameters) {
  std::vector<double> squares(parameters.size(), 0.0);
  for_chunks(static_cast<int>(parameters.size()), [&](int i) {
    const Parameter& parameter = parameters[static_cast<std::size_t>(i)];
    if (parameter.gradient)
      squares[static_cast<std::size_t>(i)] = sum_of_squares(parameter.gradient, parameter.values->size());
  });
  return std::sqrt(std::accumulate(squares.begin(), squares.end(), 0.0));
}

}  // namespace thimble
