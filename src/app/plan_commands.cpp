// gatehouse keys and gatehouse usage: what the admin listener's pages say, asked of the running gateway, or of the store itself when none
// runs.

#include "app/admin_client.hpp"
#include "app/commands.hpp"
#include "app/configuration.hpp"

#include "gatehouse/admin/plan_pages.hpp"
#include "gatehouse/base/log.hpp"
#include "gatehouse/base/percent.hpp"
#include "gatehouse/gateway/stored_plans.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>
#include <optional>

namespace gatehouse::app {
namespace {

using admin::Page;
using nlohmann::json;

// Where the answers come from: decided by the first question.
class Source {
 public:
  Source(const PlanOptions& options, config::Settings settings) : settings_(std::move(settings)), admin_(settings_.admin.address) {
    if (!options.admin.empty()) {
      const auto given = parse_endpoint(options.admin);
      if (given) admin_ = *given;
      good_ = given.has_value();
    }
  }
  bool good() const { return good_; }

  Result<Page> ask(const std::string& method, const std::string& target, const std::string& body) {
    if (admin_.port != 0) {
      AdminAnswer answer = ask_admin(admin_, {.method = method, .target = target, .body = body});
      if (answer.connected) return page_of(std::move(answer));
    }
    std::fprintf(stderr, "no gateway answers at %s: using the store itself\n", admin_.to_string().c_str());
    auto opened = gateway::StoredPlans::open(settings_, clock_);
    if (!opened) return opened.error();
    return admin::plan_page((*opened)->service(), clock_, method, target, body, false);
  }

 private:
  Result<Page> page_of(AdminAnswer answer) const {
    const std::string where = admin_.to_string();
    if (!answer.problem.empty())
      return Error(ErrorKind::kUnavailable, ErrorSource::kGateway, "admin_failed", "the gateway at " + where + ": " + answer.problem);
    std::fprintf(stderr, "asked the running gateway at %s\n", where.c_str());
    return Page{answer.status, std::move(answer.content_type), std::move(answer.body)};
  }

  config::Settings settings_;
  Endpoint admin_;
  bool good_ = true;
  SystemClock clock_;
};

// The page, or nothing after saying why there is none.
std::optional<Page> ask(const PlanOptions& options, const std::string& method, const std::string& target, const std::string& body = {}) {
  log::set_level(log::Level::kError);
  auto settings = load_or_complain(options.file);
  if (!settings) return std::nullopt;
  Source source(options, std::move(*settings));
  if (!source.good()) {
    std::fprintf(stderr, "gatehouse: --admin %s: expected an address and a port, such as 127.0.0.1:9180\n", options.admin.c_str());
    return std::nullopt;
  }
  auto page = source.ask(method, target, body);
  if (page && page->status < 300) return std::move(*page);
  std::string why = page ? page->body : page.error().message();
  if (const json told = json::parse(why, nullptr, false); told.is_object() && told.contains("message") && told["message"].is_string())
    why = told["message"].get<std::string>();
  std::fprintf(stderr, "gatehouse: %s\n", why.c_str());
  return std::nullopt;
}

std::string store_query(const PlanOptions& options) { return options.store.empty() ? std::string() : "?store=" + percent_encode(options.store); }

std::string shown(const json& value) { return value.is_string() ? value.get<std::string>() : value.is_null() ? "-" : value.dump(); }

// Columns that are as wide as their widest cell.
void print_columns(const json& rows, const std::vector<std::string>& columns) {
  std::vector<std::size_t> widths;
  for (const std::string& column : columns) {
    std::size_t width = column.size();
    for (const json& row : rows) width = std::max(width, shown(row[column]).size());
    widths.push_back(width);
  }
  const auto print_row = [&](auto cell) {
    std::string line;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      std::string text = cell(columns[i]);
      if (i + 1 < columns.size()) text.resize(widths[i] + 2, ' ');
      line += text;
    }
    std::printf("%s\n", line.c_str());
  };
  print_row([](std::string column) {
    for (char& c : column) c = static_cast<char>(c - 'a' + 'A');
    return column;
  });
  for (const json& row : rows) print_row([&row](const std::string& column) { return shown(row[column]); });
}

}  // namespace

int keys_create(const PlanOptions& options) {
  json wish = json::object();
  const auto put = [&wish](const char* name, const std::string& value) {
    if (!value.empty()) wish[name] = value;
  };
  put("id", options.id);
  put("plan", options.plan);
  put("name", options.name);
  put("expires", options.expires);
  put("store", options.store);
  const auto page = ask(options, "POST", "/keys", wish.dump(-1, ' ', false, json::error_handler_t::replace));
  if (!page) return 1;
  const json made = json::parse(page->body);
  std::fprintf(stderr, "created key %s, plan %s, expires %s; the key itself is shown this once:\n", shown(made["id"]).c_str(),
               shown(made["plan"]).c_str(), shown(made["expires"]).c_str());
  std::printf("%s\n", shown(made["key"]).c_str());
  return 0;
}

int keys_list(const PlanOptions& options) {
  const auto page = ask(options, "GET", "/keys" + store_query(options));
  if (!page) return 1;
  if (options.format == "json") {
    std::fputs(page->body.c_str(), stdout);
  } else {
    print_columns(json::parse(page->body)["keys"], {"id", "plan", "created", "expires", "revoked", "name"});
  }
  return 0;
}

int keys_revoke(const PlanOptions& options) {
  const auto page = ask(options, "DELETE", "/keys/" + percent_encode(options.id) + store_query(options));
  if (!page) return 1;
  std::printf("revoked key %s\n", options.id.c_str());
  return 0;
}

int usage(const PlanOptions& options) {
  std::string query;
  const auto put = [&query](const char* name, const std::string& value) {
    if (!value.empty()) query += (query.empty() ? "?" : "&") + std::string(name) + '=' + percent_encode(value);
  };
  put("key", options.id);
  put("from", options.from);
  put("to", options.to);
  const auto page = ask(options, "GET", (options.format == "csv" ? "/usage.csv" : "/usage") + query);
  if (!page) return 1;
  if (options.format == "table") {
    print_columns(json::parse(page->body)["usage"], {"key", "day", "requests"});
  } else {
    std::fputs(page->body.c_str(), stdout);
  }
  return 0;
}

}  // namespace gatehouse::app
