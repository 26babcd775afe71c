#include "gatehouse/json/schema.hpp"
#include "gatehouse/pipeline/error_answers.hpp"
#include "step_fixture.hpp"

#include <string>
#include <utility>

namespace gatehouse::middleware {
namespace {

class ValidateStepTest : public StepTest {
 protected:
  void use(ValidateSettings settings, pipeline::ErrorStyle style = pipeline::ErrorStyle::kHelpful) {
    route_.steps = {make_validate(std::move(settings))};
    route_.errors = std::make_shared<pipeline::ErrorAnswers>(style, std::vector<pipeline::ErrorResponse>());
  }
  static ValidateSettings with_schema() {
    ValidateSettings settings;
    settings.schema = json::Schema::parse(R"({"required":["item"]})").value();
    return settings;
  }
  bool waits(Request& request) { return route_.steps[0]->on_request(request.context).must_wait(); }
};

TEST_F(ValidateStepTest, PresentParametersPassWithoutWaiting) {
  use({.headers = {"x-source"}, .query = {"page"}, .content_types = {}, .schema_name = {}, .schema_text = {}, .schema = nullptr});
  Request good(worker_, route_, "GET", "/?page=1", {{"X-Source", "web"}});
  EXPECT_FALSE(waits(good));
  EXPECT_TRUE(good.run());
  Request blank(worker_, route_, "GET", "/?page=%20+", {{"X-Source", " "}});
  EXPECT_FALSE(blank.run());
  EXPECT_EQ(blank.exchange.status, 400);
  EXPECT_EQ(blank.context.detail, "expected: query parameter page, header x-source");
}

TEST_F(ValidateStepTest, BodyIsWaitedForOnlyWhenThereIsASchemaAndAJsonBody) {
  use(with_schema());
  Request json(worker_, route_, "POST", "/", {{"Content-Type", "application/vnd.x+json"}});
  json.exchange.body("{}");
  EXPECT_TRUE(waits(json));
  Request text(worker_, route_, "POST", "/", {{"Content-Type", "text/plain"}});
  text.exchange.body("{}");
  EXPECT_FALSE(text.run());
  EXPECT_EQ(text.exchange.status, 415);
  Request none(worker_, route_, "POST", "/", {{"Content-Type", "application/json"}});
  EXPECT_FALSE(none.run());
  EXPECT_EQ(none.exchange.status, 400);
}

TEST_F(ValidateStepTest, AmazonLetsPassWhatIsNoJson) {
  use(with_schema(), pipeline::ErrorStyle::kAws);
  Request text(worker_, route_, "POST", "/", {{"Content-Type", "text/plain"}});
  text.exchange.body("{}");
  EXPECT_TRUE(text.run());
}

TEST_F(ValidateStepTest, MediaTypesMatchWholeOrByFamily) {
  use({.headers = {}, .query = {}, .content_types = {"image/*", "text/csv"}, .schema_name = {}, .schema_text = {}, .schema = nullptr});
  for (const auto& [type, status] : {std::pair{"image/png", 0}, {"Text/CSV; charset=utf-8", 0}, {"text/csvx", 415}, {"image/", 415}}) {
    Request request(worker_, route_, "POST", "/", {{"Content-Type", type}});
    request.exchange.body("x");
    EXPECT_EQ(request.run(), status == 0) << type;
  }
}

}  // namespace
}  // namespace gatehouse::middleware
