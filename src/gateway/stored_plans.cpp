#include "gatehouse/gateway/stored_plans.hpp"

#include "gateway/plan_setup.hpp"
#include "gateway/stores.hpp"

#include <algorithm>

namespace gatehouse::gateway {
namespace {

constexpr unsigned kThreads = 1;
constexpr std::size_t kQueue = 64;

// Only those: a tool has no business with the others.
std::vector<dynamo::StoreSettings> needed_stores(const config::Settings& settings) {
  const auto needed = [&settings](const dynamo::StoreSettings& store) {
    if (settings.usage.kept && (settings.usage.store == store.name || settings.usage.store.empty())) return true;
    return std::ranges::any_of(settings.authorizers, [&store](const auto& authorizer) {
      const auto* const keys = std::get_if<middleware::ApiKeySettings>(&authorizer.kind);
      return keys != nullptr && keys->store == store.name;
    });
  };
  std::vector<dynamo::StoreSettings> stores;
  std::ranges::copy_if(settings.stores, std::back_inserter(stores), needed);
  return stores;
}

}  // namespace

struct StoredPlans::Impl {
  explicit Impl(const Clock& clock) : stores(clock, pool, registry), service(clock, background, registry) {}
  ~Impl() {
    background.stop();
    service.close();
    stores.close_all();
  }

  observe::Registry registry{1};
  net::BlockingPool pool{kThreads, kQueue};
  Stores stores;
  net::BackgroundWorker background{1};
  plans::PlanService service;
};

StoredPlans::StoredPlans(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StoredPlans::~StoredPlans() = default;
plans::PlanService& StoredPlans::service() { return impl_->service; }

Result<std::unique_ptr<StoredPlans>> StoredPlans::open(const config::Settings& settings, const Clock& clock) {
  auto impl = std::make_unique<Impl>(clock);
  auto opened = impl->stores.open(needed_stores(settings));
  if (!opened) return opened.error();
  plans::PlanSetup setup = plan_setup(settings, *opened);
  setup.fleet.reset();  // nobody is admitted here
  if (auto prepared = impl->service.prepare(setup); !prepared) return prepared.error();
  impl->service.adopt(std::move(setup));
  return std::unique_ptr<StoredPlans>(new StoredPlans(std::move(impl)));
}

}  // namespace gatehouse::gateway
