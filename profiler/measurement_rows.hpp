#pragma once
// For .cpp files alone, as database.hpp: measurements as rows of a database that other tables share.
#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <optional>

#include "profiler/database.hpp"
#include "profiler/measurement_store.hpp"

namespace thimble {

/// A file with the tables measurements and measured_layers, made where they are missing; a file of an earlier version
/// gets the columns that it lacks. `key` is MeasurementKey::text().
SharedDatabase open_measurements(const std::filesystem::path& file);

std::optional<Measurement> find_measurement(SQLite::Database& database, const std::string& key);
/// The columns of `measurements` as they stand in a row; no layers.
Measurement measurement_of_row(SQLite::Statement& row);
/// False where there was one already, which stays; energy that it lacks is added. @pre a transaction is open
bool insert_measurement(SQLite::Database& database, const MeasurementKey& key, const Measurement& measurement);

}  // namespace thimble
