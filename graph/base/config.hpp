#pragma once
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "graph/base/error.hpp"

namespace thimble {

struct ConfigState;

/// One mapping of a YAML file, read key by key. Problems are collected, never thrown, until `finish`.
///
///   ConfigFile file = ConfigFile::load("job.yaml");
///   ConfigMap target = file.root().map("target");
///   target.read("sram_kb", job.sram_kb, Range{.above = 0});
///   file.finish();   // unknown keys are problems too; throws one ConfigError with all of them
///
/// A key that is absent leaves the value as it is: defaults live in the struct.
struct Range {
  double above = -std::numeric_limits<double>::infinity();  ///< value > above
  double least = -std::numeric_limits<double>::infinity();  ///< value >= least
  double most = std::numeric_limits<double>::infinity();    ///< value <= most
  std::string rule() const;                                 ///< "must be > 0", "must be in [1, 16]", ...
  bool holds(double value) const { return value > above && value >= least && value <= most; }
};

class ConfigMap {
 public:
  bool has(const std::string& key) const;
  /// The mapping at `key`; an empty one where it is absent (a problem if `required`).
  ConfigMap map(const std::string& key, bool required = false);
  /// The mappings of the sequence at `key`.
  std::vector<ConfigMap> maps(const std::string& key, bool required = false);

  bool read(const std::string& key, int& value, const Range& range = {});
  bool read(const std::string& key, std::int64_t& value, const Range& range = {});
  bool read(const std::string& key, double& value, const Range& range = {});
  bool read(const std::string& key, bool& value);
  bool read(const std::string& key, std::string& value);
  bool read(const std::string& key, std::vector<int>& value,
            const Range& range = {});  ///< each element in range, at least one
  bool read(const std::string& key, std::vector<double>& value, const Range& range = {});
  bool read(const std::string& key, std::vector<std::string>& value);
  /// A word out of `choices`; the rule names them and the nearest one.
  bool read_choice(const std::string& key, std::string& value, const std::vector<std::string>& choices);

  /// Writes another form of a value into the document (a path made absolute), for `to_yaml`.
  void resolve(const std::string& key, const std::string& value);

  void skip(const std::string& key) const;  ///< belongs to other readers of the file
  void skip_rest() const;                   ///< so do all keys that are not read
  void require(const std::string& key);  ///< a problem where the key is absent
  /// Says that `key` breaks `rule`, at the key's place in the file.
  void problem(const std::string& key, const std::string& rule);

 private:
  friend class ConfigFile;
  struct Node;
  template <class T, class Read>
  bool read_or_resolve(const std::string& key, T& value, Read read);
  ConfigMap(std::shared_ptr<ConfigState> state, std::shared_ptr<Node> node);
  std::shared_ptr<ConfigState> state_;
  std::shared_ptr<Node> node_;
};

class ConfigFile {
 public:
  /// Reads a file; `overrides` are `a.b=c` settings laid over it (from --set).
  /// @error ConfigError  the file is missing, is not YAML, or is not a mapping
  static ConfigFile load(const std::string& path, const std::vector<std::string>& overrides = {});
  /// The same from text; `name` stands for the file in messages.
  static ConfigFile parse(const std::string& text, const std::string& name,
                          const std::vector<std::string>& overrides = {});

  ConfigMap root();
  /// The whole document with its overrides and the defaults of what was read, as YAML.
  std::string to_yaml() const;
  /// Adds unknown keys to the problems, and throws ConfigError if there is any problem at all.
  void finish();

 private:
  explicit ConfigFile(std::shared_ptr<ConfigState> state) : state_(std::move(state)) {}
  std::shared_ptr<ConfigState> state_;
};

}  // namespace thimble
