// ${NAME}, ${NAME:-default} and file:PATH, what the file takes from outside of it; $stage.x, what an API takes from its stage.
#pragma once

#include "gatehouse/config/load.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace gatehouse::config {

// What is wrong with a text, and how to write it.
struct Complaint {
  std::string message;
  std::string fix;
};

// How a text treats dollar signs of its own. kPlain: $${ is a literal ${, any other dollar sign stands for itself.
// kTemplate: $$ and the names of variables, ${query.x} or ${uuid}, are left to the template, and what comes from the
// environment or the stage is escaped for it. kPath: a template in which {id} is a variable too.
enum class Dollars : unsigned char { kPlain, kTemplate, kPath };

// The stage that an API is read for.
struct StageInput {
  std::string name;  // "$default", "dev"
  std::vector<std::pair<std::string, std::string>> variables;
};

// NAME is letters, digits and '_'. As in a shell, the default also stands for what is set and empty.
// $stage.x, ${stage.x}, with |default, and Amazon's $stageVariables.x are the variables of `stage`, which is null outside of APIs;
// $$stage.x is the text $stage.x.
std::variant<std::string, Complaint> expand(std::string_view text, Dollars dollars, const Environment& environment,
                                            const StageInput* stage);

// The content of a small regular file, less one line end at its end.
std::variant<std::string, Complaint> read_secret_file(const std::string& path);

// `path` as seen from `directory`, in normal form.
std::string resolve_path(std::string_view path, const std::string& directory);

// All of a file up to `limit` bytes, and one byte more when it is longer.
std::variant<std::string, Complaint> read_file(const std::string& path, std::size_t limit);

}  // namespace gatehouse::config
