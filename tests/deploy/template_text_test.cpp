#include "deploy/template_text.hpp"

#include "tests/catch.hpp"

using namespace thimble;

TEST_CASE("a template's marks are replaced once, and no others", "[deploy][template_text]") {
  CHECK(fill_template("@A@ @B@ a@b.c @", {{"A", "@B@"}, {"B", "2"}}) == "@B@ 2 a@b.c @");
  CHECK(fill_template("@A@@A@", {{"A", "x"}}) == "xx");
  CHECK(fill_template("", {{"A", "x"}}).empty());
}

TEST_CASE("text stays one line of a comment", "[deploy][template_text]") {
  CHECK(comment_text("kws */ \n \\ \xc3\xa9") == "kws _/ _ _ __");
}

TEST_CASE("Markdown shows a name as it is", "[deploy][template_text]") {
  CHECK(markdown_text("kws_ref_model.tflite") == "kws_ref_model.tflite");
  CHECK(markdown_text("_a_ <b> [c](d) `e`|f\n") == "\\_a\\_ \\<b\\> \\[c\\](d) \\`e\\`\\|f ");
}

TEST_CASE("a path is one argument of a shell", "[deploy][template_text]") {
  CHECK(shell_text("runs/demo-001/firmware") == "runs/demo-001/firmware");
  CHECK(shell_text("it's $mine") == "'it'\\''s $mine'");
  CHECK(shell_text("").size() == 2);
}
