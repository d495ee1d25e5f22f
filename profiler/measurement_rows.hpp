#pragma once
// For .cpp files alone, as database.hpp: measurements as rows of a database that other tables share.
#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>

#include "profiler/measurement_store.hpp"

namespace thimble {

/// CREATE TABLE IF NOT EXISTS measurements, measured_layers: `key` is MeasurementKey::text().
extern const char* const kMeasurementSchema;

std::optional<Measurement> find_measurement(SQLite::Database& database, const std::string& key);
/// The columns of `measurements` as they stand in a row; no layers.
Measurement measurement_of_row(SQLite::Statement& row);
/// False where there was one already, which stays. @pre a transaction is open
bool insert_measurement(SQLite::Database& database, const MeasurementKey& key, const Measurement& measurement);

}  // namespace thimble
