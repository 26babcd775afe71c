// ${NAME}, ${NAME:-default} and file:PATH: what the file takes from outside of it.
#pragma once

#include "gatehouse/config/load.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace gatehouse::config {

// What is wrong with a text, and how to write it.
struct Complaint {
  std::string message;
  std::string fix;
};

// How a text treats dollar signs of its own. kPlain: $${ is a literal ${, any other dollar sign stands for itself.
// kTemplate: $$ and the names of variables, ${query.x} or ${uuid}, are left to the template, and what comes from the
// environment is escaped for it.
enum class Dollars : unsigned char { kPlain, kTemplate };

// NAME is letters, digits and '_'. As in a shell, the default also stands for what is set and empty.
std::variant<std::string, Complaint> expand(std::string_view text, Dollars dollars, const Environment& environment);

// The content of a small regular file, less one line end at its end.
std::variant<std::string, Complaint> read_secret_file(const std::string& path);

// `path` as seen from `directory`, in normal form.
std::string resolve_path(std::string_view path, const std::string& directory);

// All of a file up to `limit` bytes, and one byte more when it is longer.
std::variant<std::string, Complaint> read_file(const std::string& path, std::size_t limit);

}  // namespace gatehouse::config
