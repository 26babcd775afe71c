// Files as a whole: bounds, bytes, what is missing, what excludes each other, and the order of problems.
#include "support.hpp"

#include "support/temporary_folder.hpp"

namespace gatehouse::config::test {
namespace {

std::vector<std::string> lines_of_text(std::string_view yaml) { return lines_of(load(yaml)); }

using Lines = std::vector<std::string>;

TEST(LoadTest, AnEmptyFileSaysNothing) {
  for (const std::string_view text : {"", "# nothing yet\n"}) {
    EXPECT_EQ(lines_of_text(text),
              Lines{"config.yaml:1:1: expected a map such as {listeners: [{address: 127.0.0.1:8080}]}, found nothing"});
  }
}

TEST(LoadTest, AListIsNoConfiguration) {
  EXPECT_EQ(lines_of_text("[a]"),
            Lines{"config.yaml:1:1: expected a map such as {listeners: [{address: 127.0.0.1:8080}]}, found a list"});
}

TEST(LoadTest, AGatewayNeedsAListener) {
  EXPECT_EQ(
      lines_of_text("workers: 1"),
      Lines{"config.yaml:1:1: 'listeners' is missing (add listeners: a list such as [{address: 127.0.0.1:8080}])"});
  EXPECT_EQ(lines_of_text("listeners: [{}]"),
            Lines{"config.yaml:1:13: listeners[0]: 'address' is missing (add address: an IP address and a port such as "
                  "0.0.0.0:8080 or \"[::]:8443\")"});
}

TEST(LoadTest, RefusesBadListeners) {
  EXPECT_EQ(lines_of_text("listeners:\n- {address: 0.0.0.0:80, http2: true}\n- {address: 0.0.0.0:80}\n- {address: "
                          "0.0.0.0:81, limits: {head: 1MB, headers: 0, bdy: 1}, tls: {}}\n"),
            (Lines{"config.yaml:2:25: listeners[0].http2: 'http2' is not available in this version",
                   "config.yaml:3:13: listeners[1].address: the address is already that of listeners[0] (line 2) (give "
                   "every listener its own)",
                   "config.yaml:4:40: listeners[2].limits.head: must be from 1KB to 128KB, found '1MB'",
                   "config.yaml:4:54: listeners[2].limits.headers: expected a whole number from 1 to 1000, found '0'",
                   "config.yaml:4:57: listeners[2].limits.bdy: unknown key (did you mean 'body'?)",
                   "config.yaml:4:66: listeners[2].tls: 'tls' is not available in this version"}));
}

TEST(LoadTest, TheDefaultOfTheAdminListenerMayBeTaken) {
  EXPECT_EQ(lines_of_text("listeners: [{address: 127.0.0.1:9180}]"),
            Lines{"config.yaml:1:1: 'admin' is not given and takes 127.0.0.1:9180, which is that of listeners[0] (line "
                  "1) (give one of them another port)"});
}

TEST(LoadTest, ReportsEverythingAtOnceInTheOrderOfTheFile) {
  const Loaded loaded = load(
      "apis:\n- name: shop\n  routes:\n  - {match: GET /a, backend: nowhere}\n  - {match: GET /a, mock: {status: 1}}\n"
      "backends: {b: {}}\nworkers: x\nlisteners: [{address: y}]\nwokers: 1\n");
  std::vector<int> places;
  for (const Problem& problem : loaded.problems) places.push_back(problem.line);
  EXPECT_EQ(places, (std::vector<int>{4, 5, 5, 6, 7, 8, 9}));
}

TEST(LoadTest, ProblemsHaveTheirParts) {
  const Loaded loaded = load(
      with_listener("apis: [{name: shop, routes: [{match: GET /a, mock: {}}, {match: GET /b, bakend: x, mock: {}}]}]"));
  ASSERT_EQ(loaded.problems.size(), 1u);
  const Problem& problem = loaded.problems[0];
  EXPECT_EQ(problem.file, "config.yaml");
  EXPECT_EQ(problem.line, 2);
  EXPECT_EQ(problem.column, 73);
  EXPECT_EQ(problem.path, "apis.shop.routes[1].bakend");
  EXPECT_EQ(problem.message, "unknown key");
  EXPECT_EQ(problem.fix, "did you mean 'backend'?");
}

TEST(LoadTest, EveryProblemIsOneLine) {
  const Loaded loaded = load(with_listener(
      "\"a\\nb\": 1\nauth: \"a\\rb\"\napis: [{name: \"c\\nd\", routes: [{match: \"GET /{\\n}\", mock: {}}]}]\n"));
  EXPECT_EQ(loaded.problems.size(), 4u);
  for (const std::string& line : lines_of(loaded)) EXPECT_EQ(line.find_first_of("\r\n"), std::string::npos) << line;
}

TEST(LoadTest, NamesTheBadByte) {
  EXPECT_EQ(lines_of_text("workers: 1\nerrors: \xff\n"), Lines{"config.yaml:2:9: the text is not valid UTF-8 here"});
  EXPECT_EQ(lines_of_text(std::string_view("workers: 1\0errors: aws", 22)),
            Lines{"config.yaml:1:11: the text holds a control character here"});
  // yaml-cpp would take this one for the end of the file.
  EXPECT_EQ(lines_of_text("workers: 1\n\x04wokers: 2\n"),
            Lines{"config.yaml:2:1: the text holds a control character here"});
}

TEST(LoadTest, SaysWhereTheYamlBreaks) {
  EXPECT_EQ(lines_of_text("workers: 1\n\terrors: aws\n"),
            Lines{"config.yaml:2:1: not valid YAML: illegal tab when looking for indentation (indent with spaces, "
                  "never with tabs)"});
  EXPECT_EQ(lines_of_text("errors: \"aws\n"), Lines{"config.yaml:1:9: the quote that begins here is never closed"});
}

TEST(LoadTest, RefusesLargeTexts) {
  const std::string text = "# " + std::string(5 << 20, 'x');
  EXPECT_EQ(lines_of_text(text), Lines{"config.yaml: is larger than 4 MB"});
}

TEST(LoadTest, BoundsTheNumberOfProblems) {
  std::string text = "apis:\n";
  for (int i = 0; i < 1500; ++i) text += "- 1\n";
  const Loaded loaded = load(with_listener(text));
  ASSERT_EQ(loaded.problems.size(), 1001u);
  EXPECT_EQ(loaded.problems.back().message, "500 more problems are left out");
}

TEST(LoadTest, BoundsWhatReferencesGrowTo) {
  std::string text = "apis: [{name: a, hosts: [";
  for (int i = 0; i < 300; ++i) text += "\"${BIG}\", ";
  const Loaded loaded =
      load(with_listener(text + "a], routes: [{match: GET /a, mock: {}}]}]"), {{"BIG", std::string(100'000, 'a')}});
  ASSERT_FALSE(loaded.problems.empty());
  EXPECT_EQ(loaded.problems.back().message, "the values are longer than 16 MB once their references are filled in");
}

TEST(LoadTest, SaysWhatIsWrongWithAPattern) {
  std::string many = "GET ";
  for (int i = 0; i < 17; ++i) many += "/{v" + std::to_string(i) + "}";
  for (const std::string& match :
       {std::string("/a"), std::string("get /a"), std::string("GET /{a+}/b"), std::string("GET /{a}/{a}"),
        std::string("$defaults"), std::string("GET /a?b=c"), many}) {
    const Loaded loaded = load(
        with_listener("apis:\n- name: shop\n  routes:\n  - match: \"" + match + "\"\n    mock: {body: \"$path.a\"}\n"));
    ASSERT_EQ(loaded.problems.size(), match.find("{a") == std::string::npos ? 2u : 1u) << match;
    EXPECT_EQ(loaded.problems[0].path, "apis.shop.routes[0].match");
    EXPECT_EQ(loaded.problems[0].line, 5);
    EXPECT_EQ(loaded.problems[0].column, 12);
    EXPECT_FALSE(loaded.problems[0].message.empty());
  }
}

TEST(LoadTest, SaysWhatIsWrongWithATemplate) {
  const Loaded loaded =
      load(with_listener("backends: {b: {targets: [http://b]}}\napis:\n- name: shop\n  routes:\n"
                         "  - {match: \"GET /a/{id}\", backend: b, path: \"/x/{idd}\"}\n"
                         "  - {match: \"GET /b/{id}\", mock: {body: $path.key}}\n"
                         "  - {match: \"GET /c/{id}\", mock: {body: $heder.x}}\n"));
  ASSERT_EQ(loaded.problems.size(), 3u);
  EXPECT_EQ(loaded.problems[0].path, "apis.shop.routes[0].path");
  EXPECT_NE(loaded.problems[0].message.find("did you mean"), std::string::npos) << loaded.problems[0].message;
  EXPECT_EQ(loaded.problems[1].path, "apis.shop.routes[1].mock.body");
  EXPECT_NE(loaded.problems[1].message.find("$path.id"), std::string::npos) << loaded.problems[1].message;
  EXPECT_NE(loaded.problems[2].message.find("$header"), std::string::npos) << loaded.problems[2].message;
}

TEST(LoadTest, ThousandsOfRoutesLoad) {
  std::string text = "backends: {b: {targets: [http://b]}}\napis:\n- name: big\n  routes:\n";
  for (int i = 0; i < 5000; ++i)
    text += "  - {match: \"GET /r" + std::to_string(i) + "/{id}\", backend: b, path: \"/x/{id}\"}\n";
  const Settings settings = settings_of(text);
  ASSERT_EQ(settings.apis.size(), 1u);
  EXPECT_EQ(settings.apis[0].routes.size(), 5000u);
}

class LoadFileTest : public testing::Test {
 protected:
  std::string path() const { return folder_ / kName; }

  static constexpr const char* kName = "gatehouse.yaml";
  TemporaryFolder folder_;
};

TEST_F(LoadFileTest, PathsAreRelativeToTheFile) {
  folder_.write(kName, with_listener("access_log: {to: access.log}"));
  const Loaded loaded = load_file(path(), environment({}));
  ASSERT_TRUE(loaded.settings);
  EXPECT_EQ(loaded.settings->access_log.to, folder_ / "access.log");
}

TEST_F(LoadFileTest, ProblemsNameTheFileAsItWasGiven) {
  folder_.write(kName, "workers: x");
  EXPECT_TRUE(load_file(path(), environment({})).problems.at(0).to_string().starts_with(path() + ":1:1: "));
}

TEST_F(LoadFileTest, SaysWhyItCannotRead) {
  EXPECT_EQ(lines_of(load_file(path(), environment({}))),
            Lines{path() + ": cannot read '" + path() + "': No such file or directory"});
  EXPECT_EQ(lines_of(load_file(folder_.path(), environment({}))),
            Lines{folder_.path() + ": cannot read '" + folder_.path() + "': Is a directory"});
}

TEST_F(LoadFileTest, RefusesLargeFiles) {
  folder_.write(kName, std::string(5 << 20, '#'));
  EXPECT_EQ(lines_of(load_file(path(), environment({}))), Lines{path() + ": is larger than 4 MB"});
}

}  // namespace
}  // namespace gatehouse::config::test
