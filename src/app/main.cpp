// The command line: names, help and arguments of every command; what they do is in the files beside this one.

#include "app/commands.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <optional>

namespace {

using gatehouse::app::DemoOptions;
using gatehouse::app::Output;
using gatehouse::app::PlanOptions;
using gatehouse::app::RunOptions;
using gatehouse::app::StoreCopyOptions;

struct Arguments {
  RunOptions run;
  DemoOptions demo;
  StoreCopyOptions copy;
  PlanOptions plans;
  std::string file = "config/gatehouse.yaml";
  std::string method, url;
  std::string admin = "127.0.0.1:9180";
  std::vector<std::string> headers;
  std::optional<std::string> message;
  bool json = false;
  bool store = false;
  int exit_code = 0;
  Output output() const { return json ? Output::kJson : Output::kText; }
};

void add_file(CLI::App& command, std::string& file) {
  command.add_option("FILE", file, "configuration file")->capture_default_str();
}

void add_commands(CLI::App& app, Arguments& arguments) {
  namespace commands = gatehouse::app;
  arguments.run.file = arguments.file;

  auto* run = app.add_subcommand("run", "Run the gateway: SIGTERM drains and ends it, SIGHUP reloads FILE, SIGUSR1 reopens logs");
  add_file(*run, arguments.run.file);
  run->add_option("--log-level", arguments.run.log_level, "debug, info, warn or error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  run->add_flag("--demo-backend", arguments.run.demo_backend, "also serve the demo backend on 127.0.0.1:8081");
  run->callback([&arguments] { arguments.exit_code = commands::run(arguments.run); });

  auto* check = app.add_subcommand("check", "Report every problem of FILE with its place and fix; exit code 1 if there is one");
  add_file(*check, arguments.file);
  check->add_flag("--json", arguments.json, "problems as JSON");
  check->add_flag("--store", arguments.store, "also compare its tables with those in the stores, which must not be in use");
  check->callback([&arguments] {
    const auto stores = arguments.store ? commands::StoreCheck::kCompared : commands::StoreCheck::kNone;
    arguments.exit_code = commands::check(arguments.file, arguments.output(), stores);
  });

  auto* routes = app.add_subcommand("routes", "Print the effective route table of FILE");
  add_file(*routes, arguments.file);
  routes->add_flag("--json", arguments.json, "as JSON");
  routes->callback([&arguments] { arguments.exit_code = commands::routes(arguments.file, arguments.output()); });

  auto* explain = app.add_subcommand("explain", "Say which API and route would take a request, and which steps it would pass");
  explain->add_option("METHOD", arguments.method, "GET, POST, …; MESSAGE with --message")->required();
  explain->add_option("URL", arguments.url, "https://host/path?query")->required();
  explain->add_option("-H,--header", arguments.headers, "a request header, \"name: value\"; may be repeated")->allow_extra_args(false);
  explain->add_option("-m,--message", arguments.message, "a message to the WebSocket API at URL, instead of a request");
  explain->add_option("-c,--config", arguments.file, "configuration file")->capture_default_str();
  explain->add_flag("--json", arguments.json, "as JSON");
  explain->callback([&arguments] {
    arguments.exit_code =
        commands::explain(arguments.file, arguments.method, arguments.url, arguments.headers, arguments.message, arguments.output());
  });

  auto* schema = app.add_subcommand("schema", "Print the JSON Schema of the configuration file, for editors");
  schema->callback([&arguments] { arguments.exit_code = commands::schema(); });

  auto* version = app.add_subcommand("version", "Print the version and what it was built with");
  version->callback([&arguments] { arguments.exit_code = commands::version(); });

  auto* demo = app.add_subcommand("demo-backend", "Serve a small HTTP backend that tells what it received, to try routes with");
  demo->add_option("--address", arguments.demo.address, "where to listen")->capture_default_str();
  demo->add_option("--name", arguments.demo.name, "how it calls itself in its answers")->capture_default_str();
  demo->callback([&arguments] { arguments.exit_code = commands::demo_backend(arguments.demo); });

  auto* health = app.add_subcommand("health", "Ask the admin listener of a running gateway; exit code 0 when it is healthy");
  health->add_option("--admin", arguments.admin, "address of the admin listener")->capture_default_str();
  health->callback([&arguments] { arguments.exit_code = commands::health(arguments.admin); });
}

void add_store_commands(CLI::App& app, Arguments& arguments) {
  arguments.copy.file = arguments.file;
  auto* store = app.add_subcommand("store", "Work with the stores of tables");
  store->require_subcommand(1);
  auto* copy = store->add_subcommand("copy", "Copy tables of one store into another: definitions and items");
  StoreCopyOptions& options = arguments.copy;
  copy->add_option("FROM", options.from, "name of a store in the configuration, or URL of a DynamoDB-compatible endpoint")->required();
  copy->add_option("TO", options.to, "likewise")->required();
  copy->add_option("-c,--config", options.file, "configuration file")->capture_default_str();
  copy->add_option("--table", options.tables, "only this table; may be repeated")->allow_extra_args(false);
  copy->add_option("--workers", options.workers, "how many threads copy")->check(CLI::Range(1, 256))->capture_default_str();
  copy->add_option("--resume", options.state_file, "keep the place in this file, and go on from there if it exists");
  copy->add_flag("--overwrite", options.overwrite, "tables at TO may have items: those of FROM replace them");
  copy->callback([&arguments] { arguments.exit_code = gatehouse::app::store_copy(arguments.copy); });
}

void add_plan_file(CLI::App& command, PlanOptions& options) {
  command.add_option("-c,--config", options.file, "configuration file")->capture_default_str();
  command.add_option("--admin", options.admin, "admin listener of the running gateway; default: that of the configuration");
}

void add_plan_commands(CLI::App& app, Arguments& arguments) {
  namespace commands = gatehouse::app;
  PlanOptions& options = arguments.plans;
  options.file = arguments.file;
  auto* keys = app.add_subcommand("keys", "Manage the API keys in a store: through the running gateway, or in the store itself when none runs");
  keys->require_subcommand(1);

  auto* create = keys->add_subcommand("create", "Make a key and print it, this once: only its hash is kept");
  add_plan_file(*create, options);
  create->add_option("--id", options.id, "who it is, for logs and metrics; default: made up");
  create->add_option("--plan", options.plan, "usage plan that it is bound to");
  create->add_option("--name", options.name, "a note for people");
  create->add_option("--expires", options.expires, "how long it is good, such as 12h or 30d; default: until it is revoked");
  create->add_option("--store", options.store, "where several stores have keys");
  create->callback([&arguments] { arguments.exit_code = commands::keys_create(arguments.plans); });

  auto* list = keys->add_subcommand("list", "Print the keys, without the keys themselves");
  add_plan_file(*list, options);
  list->add_option("--store", options.store, "where several stores have keys");
  list->add_option("--format", options.format, "table or json")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  list->callback([&arguments] { arguments.exit_code = commands::keys_list(arguments.plans); });

  auto* revoke = keys->add_subcommand("revoke", "Make a key useless, for good");
  add_plan_file(*revoke, options);
  revoke->add_option("ID", options.id, "the key's id")->required();
  revoke->add_option("--store", options.store, "where several stores have keys");
  revoke->callback([&arguments] { arguments.exit_code = commands::keys_revoke(arguments.plans); });

  auto* usage = app.add_subcommand("usage", "Print how many requests each key made on each day (UTC)");
  add_plan_file(*usage, options);
  usage->add_option("--key", options.id, "only of the key with this id");
  usage->add_option("--from", options.from, "first day, such as 2026-11-01; default: 29 days before the last");
  usage->add_option("--to", options.to, "last day; default: today");
  usage->add_option("--format", options.format, "table, csv or json")->check(CLI::IsMember({"table", "csv", "json"}))->capture_default_str();
  usage->callback([&arguments] { arguments.exit_code = commands::usage(arguments.plans); });
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    CLI::App app("Gatehouse: an API gateway with a table store behind any route that wants one");
    app.require_subcommand(1);
    Arguments arguments;
    add_commands(app, arguments);
    add_store_commands(app, arguments);
    add_plan_commands(app, arguments);
    CLI11_PARSE(app, argc, argv);
    return arguments.exit_code;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gatehouse: %s\n", error.what());
    return 1;
  }
}
