// Reading the configuration for a command: prints the problems, if there are any, as the command's user wants them.
#pragma once

#include "app/commands.hpp"

#include "gatehouse/config/load.hpp"

#include <optional>
#include <string>

namespace gatehouse::app {

// Nothing when there are problems; they are on stderr, or as JSON on stdout.
std::optional<config::Settings> load_or_complain(const std::string& file, Output output = Output::kText);

// "127.0.0.1:8081" or "[::1]:8081".
std::optional<Endpoint> parse_endpoint(const std::string& text);

}  // namespace gatehouse::app
