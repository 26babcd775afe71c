#include "config/references.hpp"

#include "support.hpp"
#include "support/temporary_folder.hpp"

#include <sys/stat.h>

namespace gatehouse::config {
namespace {

using test::environment;

std::string expanded(std::string_view text, Dollars dollars = Dollars::kPlain, const StageInput* stage = nullptr) {
  auto out = expand(text, dollars,
                    environment({{"NAME", "value"}, {"EMPTY", ""}, {"DOLLAR", "a$b"}, {"BAD", "a\x01"}, {"path", "p"}, {"stage", "s"}}), stage);
  if (const auto* complaint = std::get_if<Complaint>(&out)) return "complaint: " + complaint->message;
  return std::get<std::string>(out);
}

TEST(ReferencesTest, FillsInVariables) {
  EXPECT_EQ(expanded("${NAME}"), "value");
  EXPECT_EQ(expanded("a ${NAME}, b ${NAME}."), "a value, b value.");
  EXPECT_EQ(expanded("${EMPTY}"), "");
  EXPECT_EQ(expanded("no reference"), "no reference");
}

TEST(ReferencesTest, TakesTheDefaultWhenUnsetOrEmpty) {
  EXPECT_EQ(expanded("${OTHER:-5s}"), "5s");
  EXPECT_EQ(expanded("${EMPTY:-5s}"), "5s");
  EXPECT_EQ(expanded("${NAME:-5s}"), "value");
  EXPECT_EQ(expanded("${OTHER:-}"), "");
  EXPECT_EQ(expanded("${OTHER:-a:-b $x}"), "a:-b $x");
}

TEST(ReferencesTest, NamesTheVariableThatIsMissing) {
  EXPECT_EQ(expanded("x${OTHER}"), "complaint: environment variable OTHER is not set");
  EXPECT_EQ(expanded("${BAD}"), "complaint: environment variable BAD holds a control character");
}

TEST(ReferencesTest, LeavesOtherDollarSignsAlone) {
  EXPECT_EQ(expanded("$NAME $5 a$"), "$NAME $5 a$");
  EXPECT_EQ(expanded("$$"), "$$");
  EXPECT_EQ(expanded("$${NAME}"), "${NAME}");
  EXPECT_EQ(expanded("$$${NAME}"), "$${NAME}");
}

TEST(ReferencesTest, RefusesWhatOnlyLooksLikeAReference) {
  EXPECT_EQ(expanded("${}"), "complaint: '${}' is no reference to the environment");
  EXPECT_EQ(expanded("${A B}"), "complaint: '${A B}' is no reference to the environment");
  EXPECT_EQ(expanded("${1}"), "complaint: '${1}' is no reference to the environment");
  EXPECT_EQ(expanded("${NAME"), "complaint: '${NAME' is no reference to the environment");
}

TEST(ReferencesTest, LeavesVariablesToTemplates) {
  EXPECT_EQ(expanded("${query.x|1} ${uuid} ${path} $header.x", Dollars::kTemplate),
            "${query.x|1} ${uuid} ${path} $header.x");
  EXPECT_EQ(expanded("${NAME}-${path}", Dollars::kTemplate), "value-${path}");
  EXPECT_EQ(expanded("${path}"), "p");
}

TEST(ReferencesTest, EscapesValuesForTemplates) {
  EXPECT_EQ(expanded("${DOLLAR}", Dollars::kTemplate), "a$$b");
  EXPECT_EQ(expanded("$${NAME} $$x", Dollars::kTemplate), "$${NAME} $$x");
  EXPECT_EQ(expanded("${DOLLAR}"), "a$b");
}

TEST(ReferencesTest, FillsInVariablesOfTheStage) {
  const StageInput stage{"dev", {{"pool", "blue"}, {"none", ""}, {"cash", "5$"}, {"a-b", "dash"}}};
  const auto in_stage = [&stage](std::string_view text, Dollars dollars = Dollars::kPlain) { return expanded(text, dollars, &stage); };
  for (const Dollars dollars : {Dollars::kPlain, Dollars::kTemplate}) {
    EXPECT_EQ(in_stage("$stage.pool", dollars), "blue");
    EXPECT_EQ(in_stage("/${stage.pool}/x-$stageVariables.pool.y ${stageVariables.pool}", dollars), "/blue/x-blue.y blue");
    EXPECT_EQ(in_stage("$stage.a-b", dollars), "dash");
    EXPECT_EQ(in_stage("$stage.other|a.b-c d", dollars), "a.b-c d");
    EXPECT_EQ(in_stage("${stage.other|any text}, $stage.none|x, ${stage.none|}", dollars), "any text, x, ");
    EXPECT_EQ(in_stage("$stage.none", dollars), "");
    EXPECT_EQ(in_stage("${stage}", dollars), "s");  // the environment's
    EXPECT_EQ(in_stage("$stage.polo", dollars), "complaint: the stage 'dev' has no variable 'polo'");
    EXPECT_EQ(expanded("$stage.pool|x", dollars), "complaint: '$stage.pool|x' is known inside of an API only");
  }
  EXPECT_EQ(in_stage("$stage.cash", Dollars::kTemplate), "5$$");
  EXPECT_EQ(in_stage("$$stage.cash", Dollars::kTemplate), "$$stage.cash");
  EXPECT_EQ(in_stage("$stage.cash"), "5$");
  EXPECT_EQ(in_stage("$${stage.cash}"), "${stage.cash}");
  EXPECT_EQ(in_stage("$$stage.cash $$$stage.cash"), "$stage.cash $$stage.cash");
  EXPECT_EQ(expanded("$$stage.cash"), "$stage.cash");
  EXPECT_EQ(in_stage("$stage. $stages.pool $stag", Dollars::kPlain), "$stage. $stages.pool $stag");
  EXPECT_EQ(in_stage("${stage.pool"), "complaint: '${stage.pool' is no reference to the environment");
}

TEST(ReferencesTest, BoundsWhatAValueGrowsTo) {
  std::string text;
  for (int i = 0; i < 20; ++i) text += "${BIG}";
  auto out = expand(text, Dollars::kPlain, environment({{"BIG", std::string(100'000, 'x')}}), nullptr);
  ASSERT_TRUE(std::holds_alternative<Complaint>(out));
  EXPECT_EQ(std::get<Complaint>(out).message, "is longer than 1 MB once its references are filled in");
}

class SecretFileTest : public testing::Test {
 protected:
  std::string path() const { return folder_ / "secret"; }
  void write(const std::string& content) const { folder_.write("secret", content); }
  std::string read() const {
    auto out = read_secret_file(path());
    if (const auto* complaint = std::get_if<Complaint>(&out)) {
      std::string message = complaint->message;
      return "complaint: " + message.replace(message.find(path()), path().size(), "FILE");
    }
    return std::get<std::string>(out);
  }

  TemporaryFolder folder_;
};

TEST_F(SecretFileTest, TakesOneLineEndAway) {
  write("s3cret\n");
  EXPECT_EQ(read(), "s3cret");
  write("s3cret\r\n");
  EXPECT_EQ(read(), "s3cret");
  write("s3cret\n\n");
  EXPECT_EQ(read(), "s3cret\n");
  write("s3cret");
  EXPECT_EQ(read(), "s3cret");
}

TEST_F(SecretFileTest, ReadsAtMostSixtyFourKilobytes) {
  write(std::string(64 << 10, 'x'));
  EXPECT_EQ(read(), std::string(64 << 10, 'x'));
  write(std::string((64 << 10) + 1, 'x'));
  EXPECT_EQ(read(), "complaint: 'FILE' is larger than 64 KB");
}

TEST_F(SecretFileTest, SaysWhyItCannotRead) {
  EXPECT_EQ(read(), "complaint: cannot read 'FILE': No such file or directory");
}

TEST_F(SecretFileTest, NeverWaitsForAPipe) {
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  EXPECT_EQ(read(), "complaint: 'FILE' is not a regular file");
}

TEST_F(SecretFileTest, FillsAnApiKey) {
  write("secret\n");
  const Settings settings =
      test::settings_of("authorizers: {a: {api_key: {keys: [{id: x, key: \"file:" + path() + "\"}]}}}");
  ASSERT_EQ(settings.authorizers.size(), 1u);
  const auto& keys = std::get<middleware::ApiKeySettings>(settings.authorizers[0].kind).keys;
  ASSERT_EQ(keys.size(), 1u);
  EXPECT_EQ(keys[0].sha256, "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b");
}

TEST(ReferencesTest, ResolvesPathsFromTheFolderOfTheFile) {
  EXPECT_EQ(resolve_path("./web", "/etc/gatehouse"), "/etc/gatehouse/web");
  EXPECT_EQ(resolve_path("../web/", "/etc/gatehouse"), "/etc/web/");
  EXPECT_EQ(resolve_path("/srv/web", "/etc/gatehouse"), "/srv/web");
}

TEST(ReferencesTest, ReadsTheEnvironmentOfTheProcess) {
  ::setenv("GATEHOUSE_REFERENCES_TEST", "here", 1);
  EXPECT_EQ(process_environment()("GATEHOUSE_REFERENCES_TEST"), "here");
  ::unsetenv("GATEHOUSE_REFERENCES_TEST");
  EXPECT_EQ(process_environment()("GATEHOUSE_REFERENCES_TEST"), std::nullopt);
}

}  // namespace
}  // namespace gatehouse::config
