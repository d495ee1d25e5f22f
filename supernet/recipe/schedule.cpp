#include "supernet/recipe/schedule.hpp"

#include <cmath>
#include <numeric>

#include "graph/base/check.hpp"
#include "supernet/recipe/learning_rate.hpp"

namespace thimble {

Schedule::Schedule(const TrainRecipe& recipe) : recipe_(recipe), steps_(steps_of_phases(recipe)) {
  total_ = std::accumulate(steps_.begin(), steps_.end(), 0);
}

StepPlace Schedule::at(int step) const {
  THIMBLE_CHECK(step >= 0 && step < total_, "no such step");
  StepPlace place{0, step, steps_.front()};
  while (place.step >= place.steps) {
    place.step -= place.steps;
    place.steps = steps_[++place.phase];
  }
  return place;
}

double Schedule::learning_rate(int step) const {
  const StepPlace place = at(step);
  const auto warm_up = static_cast<int>(std::lround(recipe_.warm_up * place.steps));
  const double peak = recipe_.learning_rate * recipe_.phases[place.phase].learning_rate;
  return learning_rate_at(place.step, place.steps, warm_up, peak);
}

}  // namespace thimble
