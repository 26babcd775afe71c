#include "re2_for_valijson.hpp"
#define VALIJSON_USE_EXCEPTIONS 1

#include "gatehouse/json/schema.hpp"

#include "schema_check.hpp"
#include "violations.hpp"

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include <exception>
#include <functional>
#include <set>
#include <utility>

namespace gatehouse::json {

struct Schema::Compiled {
  valijson::Schema schema;
};

namespace {

constexpr std::size_t kMostLookedAt = 200;  // before echoes are left out

Error invalid(std::string message) {
  return {ErrorKind::kInvalid, ErrorSource::kGateway, "json_schema", std::move(message)};
}

// valijson says where as "<root>", "[name]", "[0]".
std::string to_pointer(const std::vector<std::string>& context) {
  std::string pointer;
  for (std::size_t i = 1; i < context.size(); ++i) {
    std::string_view step = context[i];
    if (step.size() >= 2 && step.front() == '[' && step.back() == ']') step = step.substr(1, step.size() - 2);
    pointer += '/';
    for (const char c : step) {
      if (c == '~')
        pointer += "~0";
      else if (c == '/')
        pointer += "~1";
      else
        pointer += c;
    }
  }
  return pointer;
}

// Parses, and finds names that stand twice in one object: parsers disagree about which of the two counts, and what was validated
// must be what the backend reads.
class NameWatch {
 public:
  bool operator()(int, nlohmann::json::parse_event_t event, const nlohmann::json& value) {
    using Event = nlohmann::json::parse_event_t;
    if (event == Event::object_start) {
      names_.emplace_back();
    } else if (event == Event::object_end) {
      names_.pop_back();
    } else if (event == Event::key && !names_.back().insert(value.get_ref<const std::string&>()).second && twice_.empty()) {
      twice_ = value.get_ref<const std::string&>();
      found_ = true;
    }
    return true;
  }
  bool found() const { return found_; }
  const std::string& twice() const { return twice_; }

 private:
  std::vector<std::set<std::string>> names_;
  std::string twice_;
  bool found_ = false;
};

}  // namespace

Schema::Schema(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
Schema::~Schema() = default;

Result<std::shared_ptr<const Schema>> Schema::parse(std::string_view text) {
  if (!is_shallow(text)) return invalid("the schema is nested deeper than " + std::to_string(kMaxDepth) + " levels");
  try {
    const auto document = nlohmann::json::parse(text);
    if (std::string problem = find_schema_problem(document); !problem.empty()) return invalid(std::move(problem));
    auto compiled = std::make_unique<Compiled>();
    valijson::SchemaParser parser(is_draft4(document) ? valijson::SchemaParser::kDraft4 : valijson::SchemaParser::kDraft7);
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(document), compiled->schema);
    return std::shared_ptr<const Schema>(new Schema(std::move(compiled)));
  } catch (const std::exception& problem) {
    return invalid(problem.what());
  }
}

std::vector<Violation> Schema::validate(std::string_view document) const {
  if (!is_shallow(document)) return {{"", "depth", "the document is nested deeper than " + std::to_string(kMaxDepth) + " levels"}};
  NameWatch watch;
  const auto parsed = nlohmann::json::parse(document, std::ref(watch), /*allow_exceptions=*/false);
  if (parsed.is_discarded()) return {{"", "json", "the document is not valid JSON"}};
  if (watch.found()) return {{"", "json", "the name \"" + watch.twice() + "\" stands twice in one object"}};

  // Keeps the compiled patterns of all schemas that this thread has used: as many as the configuration names.
  thread_local valijson::Validator validator;
  valijson::ValidationResults results;
  if (validator.validate(compiled_->schema, valijson::adapters::NlohmannJsonAdapter(parsed), &results)) return {};
  std::vector<Violation> violations;
  valijson::ValidationResults::Error error;
  while (violations.size() < kMostLookedAt && results.popError(error))
    violations.push_back({to_pointer(error.context), std::string(rule_of(error.description)), readable(error.description)});
  if (violations.empty()) violations.push_back({"", "schema", "the document does not match the schema"});
  return without_echoes(std::move(violations));
}

}  // namespace gatehouse::json
