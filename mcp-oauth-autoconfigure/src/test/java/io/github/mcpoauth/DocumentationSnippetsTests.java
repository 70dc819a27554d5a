// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import javax.xml.parsers.DocumentBuilderFactory;

import io.github.mcpoauth.autoconfigure.ConfigurationText;
import io.github.mcpoauth.command.CommandLines;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.ByteArrayResource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

/**
 * Tests that users can copy each snippet of README.md and {@code docs}: Java is compiled,
 * configuration binds, and commands, options and files are there.
 */
class DocumentationSnippetsTests {

	private static final Path ROOT = Path.of("..");

	private static final Pattern SNIPPET = Pattern.compile("^( *)```(\\w*)\\R(.*?)^ *```",
			Pattern.DOTALL | Pattern.MULTILINE);

	private static final Pattern IMPORT = Pattern.compile("import (?:static )?[\\w.]+;");

	private static final Pattern INLINE = Pattern.compile("(?<!`)`([^`\\n]+)`(?!`)");

	private static final Pattern COMMAND = Pattern.compile("(?:^|[$*] )java .*?-jar \\S+ (?:.* )?mcp (.*)");

	private static final Pattern TYPE = Pattern.compile("\\b[A-Z][a-z]+[A-Z]\\w*");

	/**
	 * Configuration of other programs.
	 */
	private static final Set<String> FOREIGN = Set.of("mcp_servers", "scrape_configs");

	/**
	 * Words in the place of which users put their own.
	 */
	private static final Pattern PLACE = Pattern.compile("<[^<>]*>");

	/**
	 * A value that is good for each setting, the key of an encryption too.
	 */
	private static final String VALUE = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

	@Test
	void javaIsCompiled() throws IOException {
		Map<Path, String> sources = sources();
		List<Snippet> snippets = snippets("java");
		List<String> missing = new ArrayList<>();
		assertThat(snippets).hasSizeGreaterThan(20);
		for (Snippet snippet : snippets) {
			// A source has comments between its imports and its type
			List<String> imports = snippet.lines().filter((line) -> IMPORT.matcher(line).matches()).toList();
			String code = snippet.lines()
				.filter((line) -> !IMPORT.matcher(line).matches())
				.collect(Collectors.joining("\n"))
				.strip();
			if (sources.values()
				.stream()
				.noneMatch((source) -> source.contains(code) && imports.stream().allMatch(source::contains))) {
				missing.add(snippet.toString());
			}
		}
		assertThat(missing).as("snippets that no source has").isEmpty();
	}

	@Test
	void configurationBinds() throws IOException {
		Set<String> known = springProperties();
		List<Snippet> snippets = snippets("yaml");
		assertThat(snippets).hasSizeGreaterThan(25);
		Set<String> foreign = new TreeSet<>();
		for (Snippet snippet : snippets) {
			String text = complete(snippet.text());
			Set<String> names = names(text);
			Set<String> others = FOREIGN.stream()
				.filter((name) -> names.stream().anyMatch((candidate) -> candidate.startsWith(name)))
				.collect(Collectors.toSet());
			foreign.addAll(others);
			if (others.isEmpty()) {
				assertThat(names).as("properties of %s", snippet)
					.allMatch((name) -> name.startsWith("mcp.") || isKnown(known, name));
				ConfigurationText configuration = ConfigurationText.yaml(text);
				variables(text).forEach((name) -> configuration.andVariable(name, VALUE));
				assertThatCode(configuration::servers).as(snippet.toString()).doesNotThrowAnyException();
			}
		}
		assertThat(foreign).isEqualTo(new TreeSet<>(FOREIGN));
	}

	/**
	 * A snippet that shows a part only, together with the part that readers have.
	 */
	private static String complete(String text) {
		String plain = PLACE.matcher(text).replaceAll("x");
		if (plain.startsWith(" ")) {
			return "mcp:\n  servers:\n    linear:\n      url: https://mcp.linear.app/mcp\n" + plain;
		}
		return plain.startsWith("mcp.servers.linear.oauth")
				? plain + "mcp.servers.linear.url: https://mcp.linear.app/mcp\n" : plain;
	}

	private static Set<String> names(String yaml) throws IOException {
		Set<String> names = new TreeSet<>();
		ByteArrayResource resource = new ByteArrayResource(yaml.getBytes(StandardCharsets.UTF_8));
		for (PropertySource<?> source : new YamlPropertySourceLoader().load("snippet", resource)) {
			names.addAll(List.of(((EnumerablePropertySource<?>) source).getPropertyNames()));
		}
		return names;
	}

	private static List<String> variables(String text) {
		return Pattern.compile("\\$\\{(\\w+)}").matcher(text).results().map((match) -> match.group(1)).toList();
	}

	/**
	 * Names of the properties of Spring Boot and Spring AI, with a dot at the end of
	 * those that take names below them.
	 */
	private static Set<String> springProperties() throws IOException {
		Set<String> known = new TreeSet<>();
		for (URL url : Collections.list(DocumentationSnippetsTests.class.getClassLoader()
			.getResources("META-INF/spring-configuration-metadata.json"))) {
			try (InputStream stream = url.openStream()) {
				for (JsonNode property : JsonMapper.shared().readTree(stream).path("properties")) {
					String name = property.path("name").asString();
					known.add(property.path("type").asString("").startsWith("java.util.Map") ? name + "." : name);
				}
			}
		}
		return known;
	}

	private static boolean isKnown(Set<String> known, String name) {
		return known.contains(name) || known.stream().anyMatch((map) -> map.endsWith(".") && name.startsWith(map));
	}

	@Test
	void propertiesInTextAreKnown() throws IOException {
		Set<String> known = new TreeSet<>();
		for (String line : Files.readAllLines(ROOT.resolve("docs/configuration.md"))) {
			Matcher row = Pattern.compile("^\\| `(mcp\\.[^`]+)` \\|.*").matcher(line);
			if (row.matches()) {
				known.add(row.group(1).replace(".<name>.", ".x."));
			}
		}
		String meters = String.join("\n", sources().values());
		Map<String, String> unknown = new LinkedHashMap<>();
		int properties = 0;
		for (Path page : pages()) {
			Matcher inline = INLINE.matcher(withoutSnippets(Files.readString(page)));
			while (inline.find()) {
				Matcher property = Pattern
					.compile("(?:--|-D)?(mcp\\.(?:oauth|servers)\\.[\\w.<>\\[\\]-]+?)(?:[=:]\\s*\\S.*)?")
					.matcher(inline.group(1));
				if (property.matches()) {
					properties++;
					String name = property.group(1).replaceFirst("^mcp\\.servers\\.[^.]+", "mcp.servers.x");
					if (!isPropertyOrBlock(known, name) && !meters.contains('"' + name + '"')) {
						unknown.put(inline.group(), page.toString());
					}
				}
			}
		}
		assertThat(properties).isGreaterThan(100);
		assertThat(unknown).as("properties that docs/configuration.md does not have").isEmpty();
	}

	private static boolean isPropertyOrBlock(Set<String> known, String name) {
		String block = name.endsWith(".") ? name : name + ".";
		return known.stream()
			.anyMatch((property) -> property.equals(name) || property.startsWith(block)
					|| (name.startsWith(property + ".") && MAPS.contains(property)));
	}

	private static final Set<String> MAPS = Set.of("mcp.servers.x.headers", "mcp.servers.x.oauth.authorize-parameters",
			"mcp.servers.x.oauth.token-parameters");

	@Test
	void commandsAreUnderstood() throws IOException {
		Map<String, String> complaints = new LinkedHashMap<>();
		int commands = 0;
		for (Snippet snippet : snippets("")) {
			for (String line : snippet.lines().toList()) {
				Matcher command = COMMAND.matcher(line);
				if (command.find()) {
					commands++;
					complain(complaints, command.group(1).replaceFirst(" > \\S+$", ""), snippet.toString(), "");
				}
			}
		}
		for (Path page : pages()) {
			Matcher inline = INLINE.matcher(withoutSnippets(Files.readString(page)));
			while (inline.find()) {
				String text = inline.group(1);
				if (text.matches("mcp [a-z].*") && !text.matches(".*(\\[|\\||\\u2026|\\.\\.\\.).*")) {
					commands++;
					// The command as such, without its arguments
					complain(complaints, text.substring(4), page.toString(), " is missing");
				}
			}
		}
		assertThat(commands).isGreaterThan(50);
		assertThat(complaints).isEmpty();
	}

	private static void complain(Map<String, String> complaints, String command, String where, String allowed) {
		List<String> words = found("('[^']*'|\\S+)", PLACE.matcher(command).replaceAll("x"));
		String complaint = CommandLines.complaint(words.stream().map((word) -> word.replace("'", "")).toList());
		if (!complaint.isEmpty() && (allowed.isEmpty() || !complaint.contains(allowed))) {
			complaints.put(command, where + ": " + complaint);
		}
	}

	@Test
	void buildCommandsAndFilesAreThere() throws IOException {
		String poms = read("pom.xml") + read("samples/quickstart/pom.xml");
		String demo = read("samples/demo-server/src/main/java/io/github/mcpoauth/samples/demo/DemoProperties.java");
		for (Snippet snippet : snippets("")) {
			String text = snippet.text();
			assertThat(found("-D(quickstart|\\w+)(?= |$)", text)).as(snippet.toString())
				.allMatch((property) -> property.equals("skipTests") || poms.contains("<name>" + property + "</name>"));
			assertThat(found("-P([\\w-]+)", text)).as(snippet.toString())
				.allMatch((profile) -> poms.contains("<id>" + profile + "</id>"));
			assertThat(found("-pl ([\\w,/-]+)", text)).as(snippet.toString())
				.allMatch((modules) -> Arrays.stream(modules.split(","))
					.allMatch((module) -> Files.exists(ROOT.resolve(module).resolve("pom.xml"))));
			assertThat(found("samples/([\\w-]+/target/[\\w-]+)\\.jar", text)).as(snippet.toString())
				.allMatch(DocumentationSnippetsTests::isBuilt);
			assertThat(found("--demo\\.([\\w-]+)=", text)).as(snippet.toString())
				.allMatch((property) -> demo.replaceAll("(?=[A-Z])", "-")
					.toLowerCase(java.util.Locale.ROOT)
					.contains(" " + property));
			assertThat(found("(?m)^ *(\\.ci/[\\w-]+|benchmarks/run)", text)).as(snippet.toString())
				.allMatch((script) -> Files.isExecutable(ROOT.resolve(script)));
			assertThat(found("(?m) '?(\\{.*\\})'?(?: |$)", text)).as(snippet.toString())
				.allMatch(DocumentationSnippetsTests::isJson);
		}
		String stages = read(".ci/run");
		for (Path page : pages()) {
			assertThat(found("\\.ci/run ([a-z][\\w]*)", Files.readString(page))).as(page.toString())
				.allMatch((stage) -> stages.contains("stage_" + stage + "()"));
		}
	}

	@Test
	void walksOfTheInternalsNameTypesThereAre() throws IOException {
		Set<String> types = sources().keySet()
			.stream()
			.map((file) -> file.getFileName().toString().replace(".java", ""))
			.collect(Collectors.toSet());
		String all = String.join("\n", sources().values());
		List<String> unknown = snippets("").stream()
			.filter((snippet) -> snippet.page().endsWith("internals.md"))
			.flatMap((snippet) -> found(TYPE.pattern(), snippet.text()).stream())
			.filter((type) -> !types.contains(type) && !all.contains("class " + type + " ")
					&& !all.contains("record " + type + "(") && !all.contains("interface " + type + " "))
			.toList();
		assertThat(unknown).isEmpty();
	}

	@Test
	void dependenciesAreOurs() throws Exception {
		String version = versionOf("<version>([^<]+)</version>");
		String springAi = versionOf("<spring-ai.version>([^<]+)</spring-ai.version>");
		for (Snippet snippet : snippets("xml")) {
			NodeList dependencies = DocumentBuilderFactory.newInstance()
				.newDocumentBuilder()
				.parse(new InputSource(new StringReader("<snippet>" + snippet.text() + "</snippet>")))
				.getElementsByTagName("dependency");
			assertThat(dependencies.getLength()).isPositive();
			for (int index = 0; index < dependencies.getLength(); index++) {
				Element dependency = (Element) dependencies.item(index);
				String group = content(dependency, "groupId");
				String artifact = content(dependency, "artifactId");
				if (group.equals("io.github.mcpoauth")) {
					assertThat(ROOT.resolve(artifact).resolve("pom.xml")).exists();
					assertThat(content(dependency, "version")).as(snippet.toString()).isIn(version, "");
				}
				else if (artifact.equals("spring-ai-bom")) {
					assertThat(content(dependency, "version")).as(snippet.toString()).isEqualTo(springAi);
				}
			}
		}
	}

	@Test
	void coordinatesForGradleAreOurs() throws IOException {
		String version = versionOf("<version>([^<]+)</version>");
		for (Snippet snippet : snippets("kotlin")) {
			assertThat(found("mplementation\\(\"([^\"]+)\"\\)", snippet.text())).isNotEmpty()
				.allSatisfy((coordinates) -> {
					assertThat(coordinates).startsWith("io.github.mcpoauth:").endsWith(":" + version);
					assertThat(ROOT.resolve(coordinates.split(":")[1]).resolve("pom.xml")).exists();
				});
		}
	}

	@Test
	void textsAndStylesOfThePageAreThere() throws IOException {
		String resources = "mcp-oauth-autoconfigure/src/main/resources/io/github/mcpoauth/internal/web/";
		String texts = read(resources + "messages.properties");
		for (Snippet snippet : snippets("properties")) {
			assertThat(found("(?m)^mcp\\.connections\\.([^=]+)=", snippet.text())).isNotEmpty()
				.allMatch((name) -> name.startsWith("scope.") || texts.contains("\n" + name + "="));
		}
		for (Snippet snippet : snippets("css")) {
			assertThat(found("(--\\w+):", snippet.text())).isNotEmpty()
				.allMatch(read(resources + "connections.css")::contains);
		}
		for (Snippet snippet : snippets("json")) {
			assertThat(isJson(snippet.text())).as(snippet.toString()).isTrue();
		}
	}

	@Test
	void languagesAreThoseThatAreTested() throws IOException {
		assertThat(snippets().stream().map(Snippet::language).distinct()).containsExactlyInAnyOrder("", "css", "java",
				"json", "kotlin", "mermaid", "properties", "xml", "yaml");
	}

	/**
	 * Whether a module below {@code samples} makes a jar, with a classifier or without.
	 */
	private static boolean isBuilt(String jar) {
		String pom = read("samples/" + jar.replaceFirst("/.*", "") + "/pom.xml");
		String name = jar.replaceFirst(".*/", "");
		String finalName = found("<finalName>([^<]+)</finalName>", pom).get(0);
		return name.equals(finalName)
				|| pom.contains("<classifier>" + name.replaceFirst(finalName + "-", "") + "</classifier>");
	}

	private static boolean isJson(String text) {
		try {
			JsonMapper.shared().readTree(text);
			return true;
		}
		catch (RuntimeException ex) {
			return false;
		}
	}

	private static String versionOf(String pattern) {
		return found(pattern, read("pom.xml")).get(0);
	}

	private static String content(Element element, String name) {
		NodeList elements = element.getElementsByTagName(name);
		return (elements.getLength() == 0) ? "" : elements.item(0).getTextContent();
	}

	private static List<String> found(String pattern, String text) {
		Matcher matcher = Pattern.compile(pattern).matcher(text);
		List<String> found = new ArrayList<>();
		while (matcher.find()) {
			found.add(matcher.group(Math.min(1, matcher.groupCount())));
		}
		return found;
	}

	private static String read(String file) {
		try {
			return Files.readString(ROOT.resolve(file));
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static List<Snippet> snippets(String language) throws IOException {
		return snippets().stream().filter((snippet) -> snippet.language().equals(language)).toList();
	}

	private static List<Snippet> snippets() throws IOException {
		List<Snippet> snippets = new ArrayList<>();
		for (Path page : pages()) {
			String text = Files.readString(page);
			Matcher matcher = SNIPPET.matcher(text);
			while (matcher.find()) {
				int line = (int) text.substring(0, matcher.start()).lines().count() + 1;
				snippets.add(new Snippet(page, line, matcher.group(2), matcher.group(3)));
			}
		}
		return snippets;
	}

	private static String withoutSnippets(String page) {
		return SNIPPET.matcher(page).replaceAll("");
	}

	private static List<Path> pages() throws IOException {
		try (Stream<Path> files = Files.list(ROOT.resolve("docs"))) {
			return Stream
				.concat(files.filter((file) -> file.toString().endsWith(".md")).sorted(),
						Stream.of("README.md", "samples/demo-server/README.md").map(ROOT::resolve))
				.toList();
		}
	}

	/**
	 * All sources that the build compiles, without indentation.
	 */
	private static Map<Path, String> sources() throws IOException {
		Map<Path, String> sources = new TreeMap<>();
		for (String module : List.of("mcp-oauth-autoconfigure", "mcp-oauth-test", "samples")) {
			try (Stream<Path> files = Files.walk(ROOT.resolve(module))) {
				for (Path file : files.filter((candidate) -> candidate.toString().endsWith(".java"))
					.filter((candidate) -> !candidate.toString().contains("/target/"))
					.toList()) {
					sources.put(file,
							Files.readString(file).lines().map(String::strip).collect(Collectors.joining("\n")));
				}
			}
		}
		return sources;
	}

	/**
	 * A snippet of a page.
	 *
	 * @param page the page
	 * @param line the line that it begins at
	 * @param language the language that the page says
	 * @param text the snippet itself
	 */
	private record Snippet(Path page, int line, String language, String text) {

		Stream<String> lines() {
			return this.text.lines().map(String::strip);
		}

		@Override
		public String toString() {
			return ROOT.relativize(this.page) + ":" + this.line;
		}

	}

}
