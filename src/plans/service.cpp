// What configurations and operators ask of the service, and the keys.
#include "gatehouse/plans/service.hpp"

#include "gatehouse/base/ids.hpp"
#include "gatehouse/base/log.hpp"
#include "gatehouse/dynamo/engine/declare.hpp"
#include "wait_for.hpp"

#include <algorithm>
#include <ranges>

namespace gatehouse::plans {
namespace {

using std::chrono::seconds;

constexpr Duration kDeclarePatience = seconds(60);

Error refusal(std::string_view reason, std::string message) {
  return {ErrorKind::kInvalid, ErrorSource::kGateway, reason, std::move(message)};
}

const PlanSettings* find_plan(const PlanSetup& setup, const std::string& name) {
  const auto found = std::ranges::find(setup.plans, name, &PlanSettings::name);
  return found == setup.plans.end() ? nullptr : &*found;
}

std::string plan_names(const PlanSetup& setup) {
  std::string names;
  for (const PlanSettings& plan : setup.plans) names += (names.empty() ? "" : ", ") + plan.name;
  return names.empty() ? "there are none" : "there are: " + names;
}

Result<void> declare(dynamo::Engine& engine, dynamo::TableSettings table) {
  return dynamo::declare_tables(engine, std::span(&table, 1), kDeclarePatience);
}

}  // namespace

PlanService::PlanService(const Clock& clock, net::BackgroundWorker& background, observe::Registry& registry)
    : clock_(clock),
      background_(background),
      registry_(registry),
      ledger_(std::make_shared<Ledger>(registry.workers() + 1)),
      writes_(registry.counter("gatehouse_quota_writes_total", "Counts of a key's day that were added to the store.")),
      write_failures_(registry.counter("gatehouse_quota_write_failures_total", "Such counts that the store did not take; they are tried again.")) {
  observe_itself();
}

PlanService::~PlanService() = default;

std::int64_t PlanService::now_seconds() const {
  return std::chrono::duration_cast<seconds>(clock_.wall().time_since_epoch()).count();
}

// The accounts that a key needs: that of its own plan, or one for every plan that it may be measured by.
void PlanService::wanted_of(const PlanSetup& setup, const std::string& id, const std::string& plan, Ledger::Wanted& to) const {
  const auto rule_of = [&](const std::string& name) {
    const PlanSettings* const found = find_plan(setup, name);
    return found != nullptr && found->quota.limit > 0 ? found->quota.per : PeriodRule{};
  };
  if (!plan.empty()) return void(to.emplace_back(id, rule_of(plan)));
  to.emplace_back(id, PeriodRule{});
  for (const std::string& name : setup.defaults) to.emplace_back(id, rule_of(name));
}

Ledger::Wanted PlanService::wanted(const PlanSetup& setup, const std::vector<std::shared_ptr<KeyRing>>& rings) const {
  Ledger::Wanted all;
  if (!setup.usage.kept) return all;
  for (const auto& [id, plan] : setup.written_keys) wanted_of(setup, id, plan, all);
  for (const auto& ring : rings) {
    const auto table = ring->current();
    for (const KeyRecord& record : table->records()) wanted_of(setup, record.id, record.plan, all);
  }
  std::ranges::sort(all);
  const auto [first, last] = std::ranges::unique(all);
  all.erase(first, last);
  return all;
}

std::vector<std::shared_ptr<KeyRing>> PlanService::current_rings() const {
  std::vector<std::shared_ptr<KeyRing>> rings;
  for (const auto& [store, ring] : rings_) rings.push_back(ring.keys);
  return rings;
}

Result<PlanService::Prepared> PlanService::prepare(const PlanSetup& setup) {
  for (const KeyStoreSetup& keys : setup.key_stores) {
    if (auto made = declare(*keys.engine, KeyStore::table(keys.store)); !made) return made.error();
  }
  if (setup.usage.kept) {
    if (auto made = declare(*setup.usage_engine, UsageStore::table(setup.usage.store)); !made) return made.error();
  }
  if (setup.key_stores.empty() && !setup.usage.kept)
    return Prepared{{}, std::make_shared<const PlanBook>(setup.plans, nullptr, registry_)};
  return wait_for<Prepared>([this, setup] { return run_prepare(setup); });
}

void PlanService::adopt(PlanSetup setup) {
  if (setup.key_stores.empty() && !setup.usage.kept && !started_) return;
  const auto adopted = wait_for<bool>([this, setup] { return run_adopt(setup); });
  if (!adopted) log::error("plans_not_adopted", {{"cause", adopted.error().message()}});
  if (!std::exchange(started_, true)) background_.spawn("plans", [this] { return run_forever(); });
}

net::Task<Result<PlanService::Prepared>> PlanService::run_prepare(PlanSetup setup) {
  net::Task<Turns::Turn> queueing = changes_.take(&background_.worker());
  const Turns::Turn turn = co_await queueing;
  Prepared prepared;
  for (const KeyStoreSetup& keys : setup.key_stores) {
    Ring& ring = rings_[keys.store];
    if (ring.keys == nullptr) ring.keys = std::make_shared<KeyRing>(registry_.workers() + 1);
    prepared.rings[keys.store] = ring.keys;
    if (ring.setup.engine == keys.engine) continue;
    const KeyStoreSetup former = std::exchange(ring.setup, keys);
    net::Task<Result<bool>> reading = read_keys(&ring);
    const Result<bool> read = co_await reading;
    if (!read) {
      ring.setup = former;
      if (former.engine == nullptr) rings_.erase(keys.store);
      co_return read.error();
    }
  }
  FleetPtr fleet;
  if (setup.usage.kept) {
    // What serves now keeps its accounts until the new configuration is in force.
    Ledger::Wanted both = wanted(setup, current_rings());
    const Ledger::Wanted former = wanted(setup_, current_rings());
    const std::vector<AccountPtr> made = ledger_->make_missing(both);
    both.insert(both.end(), former.begin(), former.end());
    net::Task<Result<FleetPtr>> joining = fleet_of(setup);
    const Result<FleetPtr> joined = co_await joining;
    if (!joined) co_return joined.error();
    fleet = *joined;
    net::Task<Result<bool>> loading = load(made, setup.usage, setup.usage_engine, fleet);
    const Result<bool> loaded = co_await loading;
    if (!loaded) co_return loaded.error();
    ledger_->publish(both, made);
  }
  prepared.book = std::make_shared<const PlanBook>(setup.plans, setup.usage.kept ? ledger_ : nullptr, registry_, fleet);
  co_return std::move(prepared);
}

net::Task<Result<bool>> PlanService::run_adopt(PlanSetup setup) {
  net::Task<Turns::Turn> queueing = changes_.take(&background_.worker());
  const Turns::Turn turn = co_await queueing;
  net::Task<Turns::Turn> flushing = flushes_.take(&background_.worker());
  const Turns::Turn flush = co_await flushing;
  setup_ = std::move(setup);
  const FleetPtr former = std::exchange(fleet_, setup_.fleet ? latest_fleet_.lock() : nullptr);
  if (former != nullptr && former != fleet_) {
    former->stop();
    if (latest_fleet_.lock() == former) latest_fleet_.reset();
  }
  std::erase_if(rings_, [this](const auto& entry) {
    return std::ranges::find(setup_.key_stores, entry.first, &KeyStoreSetup::store) == setup_.key_stores.end();
  });
  for (const KeyStoreSetup& keys : setup_.key_stores) {
    rings_[keys.store].setup = keys;
    rings_[keys.store].due = clock_.now() + keys.refresh;
  }
  co_return true;
}

// Into the ring, with accounts for those that are new.
net::Task<Result<bool>> PlanService::read_keys(Ring* ring) {
  const KeyStore store(ring->setup.engine, background_.worker());
  net::Task<Result<std::vector<StoredKey>>> listing = store.list();
  const Result<std::vector<StoredKey>> listed = co_await listing;
  if (!listed) co_return Error(ErrorKind::kUnavailable, ErrorSource::kGateway, "keys_unreadable",
                               "store '" + ring->setup.store + "': table gatehouse.keys: " + listed.error().message());
  std::vector<KeyRecord> records;
  Ledger::Wanted accounts;
  for (const StoredKey& key : *listed) {
    if (key.revoked != 0 || (key.expires != 0 && key.expires <= now_seconds())) continue;
    const auto digest = parse_digest(key.sha256);
    if (!digest || records.size() == KeyStore::kMostKeys) {
      log::error("key_not_loaded", {{"store", ring->setup.store}, {"id", key.id}, {"cause", digest ? "too many keys" : "sha256 is none"}});
      continue;
    }
    records.push_back({*digest, key.id, key.plan, key.expires});
    wanted_of(setup_, key.id, key.plan, accounts);
  }
  net::Task<Result<bool>> opening = open_accounts(std::move(accounts));
  const Result<bool> opened = co_await opening;
  if (!opened) co_return opened.error();
  ring->keys->publish(std::move(records));
  if (ring->metrics.empty())
    ring->metrics.push_back(registry_.observe(observe::Registry::Kind::kGauge, "gatehouse_api_keys", "API keys of a store that are in use.",
                                              {{"store", ring->setup.store}},
                                              [keys = ring->keys] { return static_cast<double>(keys->current()->records().size()); }));
  co_return true;
}

// Before a key can be used.
net::Task<Result<bool>> PlanService::open_accounts(Ledger::Wanted wanted_now) {
  if (!setup_.usage.kept) co_return true;
  std::vector<AccountPtr> made = ledger_->make_missing(wanted_now);
  if (made.empty()) co_return true;
  // The fleet's next round asks about them: in time for the bound, and nothing here waits for it.
  net::Task<Result<bool>> loading = load(made, setup_.usage, setup_.usage_engine, nullptr);
  const Result<bool> loaded = co_await loading;
  if (!loaded) co_return loaded.error();
  Ledger::Wanted all = wanted(setup_, current_rings());
  all.insert(all.end(), wanted_now.begin(), wanted_now.end());
  ledger_->publish(all, made);
  co_return true;
}

Result<PlanService::Ring*> PlanService::ring_of(const std::string& store) {
  std::string names;
  for (const auto& [name, ring] : rings_) names += (names.empty() ? "" : ", ") + name;
  if (rings_.empty()) return refusal("keys_not_stored", "no authorizer keeps its keys in a store; give one `api_key: {store: …}`");
  if (store.empty() && rings_.size() > 1) return refusal("store_ambiguous", "several stores have keys: name one of " + names);
  const auto found = store.empty() ? rings_.begin() : rings_.find(store);
  if (found == rings_.end()) return refusal("store_unknown", "no authorizer has keys in a store '" + store + "'; there are keys in " + names);
  return &found->second;
}

Result<void> PlanService::check_wish(const CreateKey& wish, const Ring& ring) const {
  if (!wish.id.empty() && !is_key_id(wish.id))
    return refusal("key_id_invalid", "an id is letters, digits, '-' and '_', at most 64 of them");
  constexpr std::size_t kLongestName = 256;
  if (wish.name.size() > kLongestName) return refusal("key_name_invalid", "a name is at most 256 bytes long");
  if (!wish.plan.empty() && find_plan(setup_, wish.plan) == nullptr)
    return refusal("plan_unknown", "there is no usage plan '" + wish.plan + "'; " + plan_names(setup_));
  if (std::ranges::any_of(setup_.written_keys, [&](const auto& written) { return written.first == wish.id; }))
    return refusal("key_exists", "the configuration has a key with the id '" + wish.id + "'; choose another");
  if (ring.keys->current()->records().size() >= KeyStore::kMostKeys)
    return refusal("too_many_keys", "there are " + std::to_string(KeyStore::kMostKeys) + " keys, which is as many as are held; revoke some");
  return {};
}

net::Task<Result<CreatedKey>> PlanService::run_create(CreateKey wish) {
  net::Task<Turns::Turn> queueing = changes_.take(&background_.worker());
  const Turns::Turn turn = co_await queueing;
  const Result<Ring*> ring = ring_of(wish.store);
  if (!ring) co_return ring.error();
  if (auto good = check_wish(wish, **ring); !good) co_return good.error();
  CreatedKey made;
  made.key = make_key();
  made.stored = {wish.id.empty() ? "key-" + make_ulid() : wish.id, crypto::sha256_hex(made.key), wish.plan, wish.name, now_seconds(), 0, 0};
  if (wish.lives > Duration::zero())
    made.stored.expires = made.stored.created + std::chrono::duration_cast<seconds>(wish.lives).count();
  const KeyStore store((*ring)->setup.engine, background_.worker());
  net::Task<Result<void>> adding = store.add(made.stored);
  const Result<void> added = co_await adding;
  if (!added) co_return added.error();
  net::Task<Result<bool>> reading = read_keys(*ring);
  const Result<bool> read = co_await reading;
  if (!read) co_return read.error();
  co_return std::move(made);
}

net::Task<Result<std::vector<StoredKey>>> PlanService::run_list(std::string store) {
  net::Task<Turns::Turn> queueing = changes_.take(&background_.worker());
  const Turns::Turn turn = co_await queueing;
  const Result<Ring*> ring = ring_of(store);
  if (!ring) co_return ring.error();
  const KeyStore keys((*ring)->setup.engine, background_.worker());
  net::Task<Result<std::vector<StoredKey>>> listing = keys.list();
  Result<std::vector<StoredKey>> listed = co_await listing;
  co_return std::move(listed);
}

net::Task<Result<bool>> PlanService::run_revoke(std::string store, std::string id) {
  net::Task<Turns::Turn> queueing = changes_.take(&background_.worker());
  const Turns::Turn turn = co_await queueing;
  const Result<Ring*> ring = ring_of(store);
  if (!ring) co_return ring.error();
  const KeyStore keys((*ring)->setup.engine, background_.worker());
  net::Task<Result<void>> revoking = keys.revoke(id, now_seconds());
  const Result<void> revoked = co_await revoking;
  if (!revoked) co_return revoked.error();
  net::Task<Result<bool>> reading = read_keys(*ring);
  const Result<bool> read = co_await reading;
  if (!read) co_return read.error();
  co_return true;
}

Result<CreatedKey> PlanService::create_key(CreateKey wish) {
  return wait_for<CreatedKey>([this, wish] { return run_create(wish); });
}
Result<std::vector<StoredKey>> PlanService::list_keys(std::string store) {
  return wait_for<std::vector<StoredKey>>([this, store] { return run_list(store); });
}
Result<void> PlanService::revoke_key(std::string store, std::string id) {
  auto revoked = wait_for<bool>([this, store, id] { return run_revoke(store, id); });
  return revoked ? Result<void>() : Result<void>(revoked.error());
}

}  // namespace gatehouse::plans
