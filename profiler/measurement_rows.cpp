#include "profiler/measurement_rows.hpp"

#include <utility>

namespace thimble {
namespace {

const char* const kMeasurementSchema = R"(
CREATE TABLE IF NOT EXISTS measurements (
  key TEXT PRIMARY KEY, plan_hash TEXT NOT NULL, board TEXT NOT NULL, provenance TEXT NOT NULL,
  cycles INTEGER NOT NULL, instructions INTEGER NOT NULL, clock_hz REAL NOT NULL, latency_us REAL NOT NULL,
  runs INTEGER NOT NULL, spread REAL NOT NULL, stack_bytes INTEGER NOT NULL, arena_bytes INTEGER NOT NULL,
  firmware_hash TEXT NOT NULL, kernel_library_version TEXT NOT NULL, compiler TEXT NOT NULL, compiler_flags TEXT NOT NULL,
  git_hash TEXT NOT NULL, probe_serial TEXT NOT NULL, cpuid INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS measured_layers (
  key TEXT NOT NULL REFERENCES measurements(key), position INTEGER NOT NULL, name TEXT NOT NULL, op TEXT NOT NULL,
  macs INTEGER NOT NULL, cycles INTEGER NOT NULL, instructions INTEGER NOT NULL,
  PRIMARY KEY (key, position)) STRICT, WITHOUT ROWID;
)";

/// Of `measurements`, since the first version.
constexpr std::pair<const char*, const char*> kLaterColumns[] = {{"clock_source", "TEXT NOT NULL DEFAULT 'none'"},
                                                                 {"flash_wait_states", "INTEGER NOT NULL DEFAULT 0"},
                                                                 {"memory", "TEXT NOT NULL DEFAULT ''"},
                                                                 {"cache", "TEXT NOT NULL DEFAULT 'none'"},
                                                                 {"energy_uj", "REAL"}};

bool has_column(SQLite::Database& database, const char* name) {
  SQLite::Statement column(database, "SELECT 1 FROM pragma_table_info('measurements') WHERE name = ?");
  column.bind(1, name);
  return column.executeStep();
}

void add_later_columns(SQLite::Database& database) {
  if (has_column(database, std::prev(std::end(kLaterColumns))->first)) return;
  SQLite::Transaction whole(database, SQLite::TransactionBehavior::IMMEDIATE);
  for (const auto& [name, kind] : kLaterColumns)
    if (!has_column(database, name))
      database.exec(std::string("ALTER TABLE measurements ADD COLUMN ") + name + " " + kind);
  whole.commit();
}

std::string memory_text(const BoardState& state) {
  std::string text;
  for (const std::string& name : memory_names(state.memory)) text += (text.empty() ? "" : " ") + name;
  return text;
}

void insert_totals(SQLite::Database& database, const MeasurementKey& key, const Measurement& m) {
  SQLite::Statement insert(database,
                           "INSERT INTO measurements VALUES "
                           "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  int column = 0;
  const auto bind = [&](const auto& value) { insert.bind(++column, value); };
  bind(key.text());
  bind(key.plan_hash);
  bind(m.board);
  bind(std::string(to_text(m.provenance)));
  bind(m.cycles);
  bind(m.instructions);
  bind(m.clock_hz);
  bind(m.latency_us);
  bind(m.runs);
  bind(m.spread);
  bind(m.stack_bytes);
  bind(m.arena_bytes);
  bind(m.firmware_hash);
  bind(m.kernel_library_version);
  bind(m.compiler);
  bind(m.compiler_flags);
  bind(m.git_hash);
  bind(m.probe_serial);
  bind(m.state.cpuid);
  bind(std::string(to_text(m.state.clock)));
  bind(m.state.flash_wait_states);
  bind(memory_text(m.state));
  bind(std::string(to_text(m.cache)));
  if (m.energy_uj) bind(*m.energy_uj);
  insert.exec();
}

void insert_layers(SQLite::Database& database, const std::string& key, const std::vector<LayerMeasurement>& layers) {
  SQLite::Statement insert(database, "INSERT INTO measured_layers VALUES (?, ?, ?, ?, ?, ?, ?)");
  std::int64_t position = 0;
  for (const LayerMeasurement& layer : layers) {
    insert.reset();
    insert.bind(1, key);
    insert.bind(2, position++);
    insert.bind(3, layer.name);
    insert.bind(4, layer.op);
    insert.bind(5, layer.macs);
    insert.bind(6, layer.cycles);
    insert.bind(7, layer.instructions);
    insert.exec();
  }
}

std::vector<LayerMeasurement> find_layers(SQLite::Database& database, const std::string& key) {
  SQLite::Statement row(
      database, "SELECT name, op, macs, cycles, instructions FROM measured_layers WHERE key = ? ORDER BY position");
  row.bind(1, key);
  std::vector<LayerMeasurement> layers;
  while (row.executeStep())
    layers.push_back({.name = row.getColumn(0).getString(),
                      .op = row.getColumn(1).getString(),
                      .macs = row.getColumn(2).getInt64(),
                      .cycles = row.getColumn(3).getInt64(),
                      .instructions = row.getColumn(4).getInt64()});
  return layers;
}

BoardState state_of_row(SQLite::Statement& row) {
  BoardState state;
  state.cpuid = row.getColumn("cpuid").getUInt();
  state.clock = clock_from_text(row.getColumn("clock_source").getString());
  if (state.clock != PROBE_CLOCK_NONE)
    state.clock_hz = static_cast<std::uint32_t>(row.getColumn("clock_hz").getDouble());
  state.flash_wait_states = row.getColumn("flash_wait_states").getInt();
  state.memory = memory_from_names(row.getColumn("memory").getString());
  return state;
}

void add_energy(SQLite::Database& database, const std::string& key, double energy_uj) {
  SQLite::Statement update(database, "UPDATE measurements SET energy_uj = ? WHERE key = ? AND energy_uj IS NULL");
  update.bind(1, energy_uj);
  update.bind(2, key);
  update.exec();
}

}  // namespace

SharedDatabase open_measurements(const std::filesystem::path& file) {
  SharedDatabase database(file, kMeasurementSchema);
  database.use([](SQLite::Database& opened) { add_later_columns(opened); });
  return database;
}

Measurement measurement_of_row(SQLite::Statement& row) {
  Measurement result;
  result.board = row.getColumn("board").getString();
  result.provenance = provenance_from_text(row.getColumn("provenance").getString());
  result.cycles = row.getColumn("cycles").getInt64();
  result.instructions = row.getColumn("instructions").getInt64();
  result.clock_hz = row.getColumn("clock_hz").getDouble();
  result.latency_us = row.getColumn("latency_us").getDouble();
  result.runs = row.getColumn("runs").getInt();
  result.spread = row.getColumn("spread").getDouble();
  result.stack_bytes = row.getColumn("stack_bytes").getInt64();
  result.arena_bytes = row.getColumn("arena_bytes").getInt64();
  result.firmware_hash = row.getColumn("firmware_hash").getString();
  result.kernel_library_version = row.getColumn("kernel_library_version").getString();
  result.compiler = row.getColumn("compiler").getString();
  result.compiler_flags = row.getColumn("compiler_flags").getString();
  result.git_hash = row.getColumn("git_hash").getString();
  result.probe_serial = row.getColumn("probe_serial").getString();
  result.state = state_of_row(row);
  result.cache = cache_state_from_text(row.getColumn("cache").getString());
  if (!row.getColumn("energy_uj").isNull()) result.energy_uj = row.getColumn("energy_uj").getDouble();
  return result;
}

std::optional<Measurement> find_measurement(SQLite::Database& database, const std::string& key) {
  SQLite::Statement row(database, "SELECT * FROM measurements WHERE key = ?");
  row.bind(1, key);
  if (!row.executeStep()) return {};
  Measurement measurement = measurement_of_row(row);
  measurement.layers = find_layers(database, key);
  return measurement;
}

bool insert_measurement(SQLite::Database& database, const MeasurementKey& key, const Measurement& measurement) {
  SQLite::Statement known(database, "SELECT 1 FROM measurements WHERE key = ?");
  known.bind(1, key.text());
  if (known.executeStep()) {
    if (measurement.energy_uj) add_energy(database, key.text(), *measurement.energy_uj);
    return false;
  }
  insert_totals(database, key, measurement);
  insert_layers(database, key.text(), measurement.layers);
  return true;
}

}  // namespace thimble
