// Reads a configuration file: all problems at once, each with its place and its fix. Any thread.
#pragma once

#include "gatehouse/config/settings.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::config {

struct Problem {
  std::string file;
  int line = 0;  // from 1; 0: the file as a whole
  int column = 0;
  std::string path;               // "apis.shop.routes[3].backend"
  std::string message;            // what is wrong and what was expected
  std::string fix;                // "did you mean 'orders'?", or empty
  std::string to_string() const;  // one line: file:line:col: path: message (fix)
};

// Where ${NAME} comes from; tests give their own.
using Environment = std::function<std::optional<std::string>(std::string_view)>;
Environment process_environment();

struct Loaded {
  std::optional<Settings> settings;  // present when there are no problems
  std::vector<Problem> problems;     // in the order of the file
};

Loaded load_file(const std::string& path, const Environment& environment);
// `name` stands for the file in messages; relative paths in the text are relative to `directory`.
Loaded load_text(std::string_view yaml, const std::string& name, const std::string& directory,
                 const Environment& environment);

// The JSON Schema (2020-12) of the file, for editors; ends with a newline.
std::string json_schema();
// docs/configuration.md, generated from the same table.
std::string reference_page();

}  // namespace gatehouse::config
