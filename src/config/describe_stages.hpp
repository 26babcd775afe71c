// The stages of an API: it is read once for each, and $stage.x is then a text like any other.
#pragma once

#include "fields.hpp"
#include "gatehouse/config/settings.hpp"

#include <optional>
#include <string>
#include <vector>

namespace gatehouse::config {

// What an API says about one of its stages.
struct StageSettings {
  std::optional<std::vector<std::string>> hosts;
  std::optional<std::string> base_path;
  ScopedSettings scoped;
};

// The names under `stages` of the map of an API, each once; "$default" alone where it has none.
std::vector<std::string> stage_names(const Node& api);

// `variables` and, for the stage that the reader is at, its entry of `stages`, which `kind` describes. Before anything that may
// use $stage.x.
StageSettings describe_stages(Fields& fields, ApiSettings& api, const Object<StageSettings>& kind);
// The `variables` of a stage. Before all that a stage says besides.
void describe_stage_variables(Fields& fields);
// `hosts`: each once.
void describe_hosts(Fields& fields, std::optional<std::vector<std::string>>& hosts, std::string_view example, std::string_view doc);
// Where throttle rules cannot be `per: api`: in a stage, whose bounds are its own.
void refuse_per_api(const Fields& fields, const ScopedSettings& settings);
// The hosts and the base path of a stage.
void describe_stage_place(Fields& fields, StageSettings& stage);
// Gives the API what its stage says, once its own hosts and base path are known.
void use_stage(const Fields& fields, StageSettings stage, ApiSettings& api);

}  // namespace gatehouse::config
