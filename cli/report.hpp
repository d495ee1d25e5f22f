#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace thimble {

/// The report of a run as one HTML page that needs nothing else: winner, front, search, space CDFs, training, layers.
/// @param space, training, search, front  the run's space.json, training.json, search.json and front.json, or null
std::string report_html(const nlohmann::json& space, const nlohmann::json& training, const nlohmann::json& search,
                        const nlohmann::json& front);

/// The front and the winner as text for a terminal; every latency with its provenance.
std::string front_table(const nlohmann::json& front);

/// Whether the members of the front answered on the board as the int8 reference does, as a sentence that names those
/// that did not; empty where none was asked.
std::string answers_text(const nlohmann::json& front);
/// None that was asked gave a wrong answer.
bool answers_hold(const nlohmann::json& front);

/// What a reader of the front's modelled cycles must know, for the core of its board; empty where none are modelled.
std::string caveat_of(const nlohmann::json& front);

/// The front as comma-separated values, a head line first.
std::string front_csv(const nlohmann::json& front);

}  // namespace thimble
