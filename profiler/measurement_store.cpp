#include "profiler/measurement_store.hpp"

#include <fmt/format.h>

#include "profiler/database.hpp"
#include "profiler/measurement_rows.hpp"

namespace thimble {

std::string MeasurementKey::text() const {
  return fmt::format("plan={} type={} firmware={} clock_hz={:.0f}{}{}", plan_hash, board_type, firmware_hash, clock_hz,
                     state.empty() ? "" : " ", state);
}

bool MeasurementKey::covers(const std::string& other) const {
  return state.empty() ? other.starts_with(text() + " state=") : other == text();
}

namespace {

MeasurementKey key_in_state(const ProbePlan& plan, const Probe& probe, std::string state) {
  return {.plan_hash = plan.hash(),
          .board_type = probe.board().type(),
          .firmware_hash = probe.firmware_hash(),
          .clock_hz = probe.board().clock_hz(),
          .state = std::move(state)};
}

}  // namespace

MeasurementKey key_of(const ProbePlan& plan, const Probe& probe, CacheState cache) {
  const std::optional<BoardState> state = probe.board_state();
  return key_in_state(plan, probe, state ? key_text(*state, cache) : "");
}

MeasurementKey key_of(const ProbePlan& plan, const Probe& probe, const Measurement& measurement) {
  return key_in_state(plan, probe, key_text(measurement.state, measurement.cache));
}

struct MeasurementStore::Impl {
  SharedDatabase database;
};

MeasurementStore::MeasurementStore(const std::filesystem::path& file)
    : impl_(std::make_unique<Impl>(open_measurements(file))) {}

MeasurementStore::~MeasurementStore() = default;
MeasurementStore::MeasurementStore(MeasurementStore&&) noexcept = default;

std::optional<Measurement> MeasurementStore::find(const MeasurementKey& key) const {
  return impl_->database.use([&](SQLite::Database& database) {
    SQLite::Transaction together(database);  // both tables as of one moment
    return find_measurement(database, key.text());
  });
}

bool MeasurementStore::put(const MeasurementKey& key, const Measurement& measurement) {
  return impl_->database.use([&](SQLite::Database& database) {
    SQLite::Transaction whole(database, SQLite::TransactionBehavior::IMMEDIATE);
    const bool is_new = insert_measurement(database, key, measurement);
    whole.commit();
    return is_new;
  });
}

std::int64_t MeasurementStore::count() const {
  return impl_->database.use([](SQLite::Database& database) -> std::int64_t {
    return database.execAndGet("SELECT count(*) FROM measurements").getInt64();
  });
}

}  // namespace thimble
