// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.testing.ScriptedManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.support.StaticListableBeanFactory;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.io.ByteArrayResource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@code mcp import --from=mcp.json}.
 */
class EditorImportTests extends CommandTestBase {

	@TempDir
	Path directory;

	@Test
	void importWhenServersAreFoundWritesConfigurationThatBinds() throws Exception {
		write("""
				{
				  // comments and a comma at the end are what editors allow
				  "mcpServers": {
				    "linear": { "type": "http", "url": "https://mcp.linear.app/mcp" },
				    "io.example/my server": { "url": "${API_BASE:-https://api.example.com}/mcp" },
				    "tenant": { "transport": "streamable-http", "serverUrl": "https://${env:TENANT}.example.com/mcp" },
				    "claude": { "url": "https://c.example.com/mcp",
				        "oauth": { "clientId": "abc", "clientSecret": "sEcReT", "callbackPort": 3118, "scopes": ["a", "b"] } },
				    "slow": { "type": "sse", "url": "https://sse.example.com/sse" },
				    "desk": { "command": "npx", "args": ["-y", "mcp-remote@latest", "https://desk.example.com/mcp", "8080",
				        "--header", "X-Team: sEcReT"] },
				  },
				}""");
		assertThat(run()).isEqualTo(ExitCode.DONE);
		assertThat(err()).contains("'linear' at 'https://mcp.linear.app/mcp' can be used as 'linear'",
				"can be used as 'io.example-my server'", "HTTP+SSE transport");
		assertThat(bound("linear.url")).isEqualTo("https://mcp.linear.app/mcp");
		assertThat(bound("[io.example-my server].url")).isEqualTo("https://api.example.com/mcp");
		assertThat(bound("tenant.url", "TENANT", "acme")).isEqualTo("https://acme.example.com/mcp");
		assertThat(bound("claude.oauth.client-id")).isEqualTo("abc");
		assertThat(bound("claude.oauth.client-secret", "CLAUDE_CLIENT_SECRET", "x")).isEqualTo("x");
		assertThat(bound("claude.oauth.redirect-port")).isEqualTo("3118");
		assertThat(bound("claude.oauth.scopes")).isEqualTo("a b");
		assertThat(bound("slow.url")).isEqualTo("https://sse.example.com/sse");
		assertThat(bound("desk.url")).isEqualTo("https://desk.example.com/mcp");
		assertThat(bound("desk.headers.x-team", "DESK_X_TEAM", "y")).isEqualTo("y");
		assertThat(out())
			.contains("# Set the environment variable TENANT", "# Set the environment variable DESK_X_TEAM")
			.doesNotContain("# Set the environment variable API_BASE");
		assertThat(out() + err()).doesNotContain("sEcReT");
	}

	@Test
	void importWhenFileIsOfVsCodeNamesItsInputs() throws Exception {
		write("""
				{ "inputs": [ { "type": "promptString", "id": "api-key", "description": "Key\\n of Perplexity", "password": true } ],
				  "servers": { "search": { "type": "http", "url": "https://s.example.com/mcp",
				      "headers": { "X-Api-Key": "${input:api-key}", "X-Mode": "fast" } } } }""");
		assertThat(run()).isEqualTo(ExitCode.DONE);
		assertThat(out()).contains("# Set the environment variable API_KEY: 'Key  of Perplexity'");
		assertThat(bound("search.headers.x-api-key", "API_KEY", "k")).isEqualTo("k");
		assertThat(bound("search.headers.x-mode", "SEARCH_X_MODE", "m")).isEqualTo("m");
	}

	@Test
	void importWhenServersAreInSettingsOfVsCodeFindsThem() throws Exception {
		write("{\"editor.x\": 1, \"mcp\": {\"servers\": {\"a\": {\"url\": \"https://a.example.com/mcp\"}}}}");
		assertThat(run()).isEqualTo(ExitCode.DONE);
		assertThat(bound("a.url")).isEqualTo("https://a.example.com/mcp");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', value = {
			"{'command': 'node', 'env': {'KEY': 'sEcReT'}} | it starts a program (stdio)",
			"{'type': 'stdio', 'command': 'x', 'args': ['--key=sEcReT']} | it starts a program (stdio)",
			"{'url': 'https://x/mcp', 'headers': {'authorization': 'Bearer sEcReT'}} | static header 'Authorization'",
			"{'command': 'npx', 'args': ['mcp-remote', 'https://x/mcp', '--header', 'Authorization: sEcReT']} | static header 'Authorization'",
			"{'url': 'https://x/mcp', 'headers': {'X': '${workspaceFolder}'}} | only the editor knows",
			"{'url': 'https://x/mcp', 'disabled': true} | disabled there",
			"{'url': 'https://x/mcp', 'type': 'ws'} | its type 'ws' is not supported" })
	void importWhenServerIsNoneForUsSaysWhyAndLeavesItOut(String entry, String reason) throws Exception {
		write("{\"mcpServers\": {\"one\": %s}}".formatted(entry.replace('\'', '"')));
		assertThat(run()).isEqualTo(ExitCode.DONE);
		assertThat(err()).contains("'one'", "is left out", reason).contains("has no server that can be used");
		assertThat(out()).isEmpty();
		assertThat(err()).doesNotContain("sEcReT");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`',
			value = { "1 | it is not a JSON object", "{} | it has neither 'url' nor 'command'",
					"{'url': 'ftp://x/mcp'} | is not an http or https address",
					"{'url': 'https://u:sEcReT@x/mcp'} | contains a user name or password",
					"{'url': 'https://x/mcp#sEcReT'} | contains a fragment",
					"{'url': '/mcp'} | is not an http or https address",
					"{'url': 'https://x/${userHome}'} | only the editor knows",
					"{'url': 'https://x/${A'} | a variable that is not closed",
					"{'url': 'https://x/${A${B}}'} | a variable that is not closed",
					"{'url': 'https://x y'} | is not an address",
					"{'url': 'https://x/mcp', 'headers': ['sEcReT']} | its headers are not a JSON object",
					"{'url': 'https://x/mcp', 'headers': {'a b': 'sEcReT'}} | not one of an HTTP header" })
	void importWhenEntryIsBrokenSaysWhyAndFails(String entry, String reason) throws Exception {
		write("{\"mcpServers\": {\"one\": %s, \"good\": {\"url\": \"https://good.example.com/mcp\"}}}"
			.formatted(entry.replace('\'', '"')));
		assertThat(run()).isEqualTo(ExitCode.FAILED);
		assertThat(err()).contains("'one' cannot be understood", reason).doesNotContain("sEcReT");
		assertThat(bound("good.url")).as("the others are usable").isEqualTo("https://good.example.com/mcp");
	}

	@ParameterizedTest
	@CsvSource({ "https://x.example/mcp?apiKey=sEcReT&tenant=,https://x.example/mcp?apiKey=v&tenant=,ONE_APIKEY",
			"https://x.example/s/0123456789abcdefsEcReT/mcp,https://x.example/s/v/mcp,ONE_PATH",
			"https://x.example/mcp?k=${KEY:-sEcReT0123456789abcdef},https://x.example/mcp?k=v,KEY" })
	void importWhenAddressHoldsASecretPutsAVariableInItsPlace(String url, String expected, String variable)
			throws Exception {
		write("{\"mcpServers\": {\"one\": {\"url\": \"%s\"}}}".formatted(url));
		assertThat(run()).isEqualTo(ExitCode.DONE);
		assertThat(bound("one.url", variable, "v")).isEqualTo(expected);
		assertThat(out() + err()).doesNotContain("sEcReT");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "[]", "null", "1", "{", "{\"mcpServers\": {\"a\": sEcReT}}", "{} {}",
			"---\na: &a [*a]", "{\"mcpServers\": 1}", "{\"servers\": [\"sEcReT\"]}", "{\"other\": {}}",
			"{\"mcpServers\": {}, \"mcpServers\": {}}" })
	void importWhenFileIsBrokenFailsWithoutItsContent(String content) throws Exception {
		write(content);
		assertThat(run()).isEqualTo(ExitCode.FAILED);
		assertThat(err()).contains("The file '%s' ".formatted(file())).doesNotContain("sEcReT", "Exception");
		assertThat(out()).isEmpty();
	}

	@Test
	void importWhenFileIsNestedTooDeeplyFails() throws Exception {
		write("{\"mcpServers\": " + "[".repeat(10_000) + "]".repeat(10_000) + "}");
		assertThat(run()).isEqualTo(ExitCode.FAILED);
		assertThat(err()).contains("is nested deeper than 64 levels");
	}

	@Test
	void importWhenFileIsTooLargeFails() throws Exception {
		write("{\"mcpServers\": {\"a\": \"" + "x".repeat(EditorConfiguration.LARGEST) + "\"}}");
		assertThat(run()).isEqualTo(ExitCode.FAILED);
		assertThat(err()).contains("is larger than 1048576 bytes");
	}

	@Test
	void importWhenThereIsNoFileSaysSo() {
		assertThat(run()).isEqualTo(ExitCode.FAILED);
		assertThat(err()).contains("There is no file '%s'".formatted(file()));
		assertThat(run("import", "--from=mcp.json", this.directory.toString())).isEqualTo(ExitCode.FAILED);
		assertThat(err()).contains("is a directory");
	}

	@Test
	void importWhenNamesReadAlikeKeepsThemApart() throws Exception {
		write("""
				{"mcpServers": {"my-server": {"url": "https://a.example/mcp"}, "my_server": {"url": "https://b.example/mcp"},
				"a\\"]:\\n  x": {"url": "https://c.example/mcp"}, "\\u2028\\ud83d\\ude00": {"url": "https://d.example/mcp"},
				" ": {"url": "https://e.example/mcp"}, "on": {"url": "https://f.example/mcp"}}}""");
		assertThat(run()).isEqualTo(ExitCode.DONE);
		assertThat(bound("my-server.url")).isEqualTo("https://a.example/mcp");
		assertThat(bound("my-server-2.url")).isEqualTo("https://b.example/mcp");
		assertThat(bound("server.url")).isEqualTo("https://e.example/mcp");
		assertThat(bound("on.url")).isEqualTo("https://f.example/mcp");
		assertThat(servers()).hasSize(6);
	}

	@Test
	void importWhenAFileIsNamedWritesItAndOverwritesWhenToldOnly() throws Exception {
		write("{\"mcpServers\": {\"a\": {\"url\": \"https://a.example/mcp\"}}}");
		Path target = this.directory.resolve("servers.yaml");
		assertThat(run("import", "--from=mcp.json", file(), "--to=" + target)).isEqualTo(ExitCode.DONE);
		assertThat(out()).isEmpty();
		assertThat(err()).contains("Written to '%s'".formatted(target));
		assertThat(Files.readString(target)).contains("url: \"https://a.example/mcp\"");
		Files.writeString(target, "mine");
		assertThat(run("import", "--from=mcp.json", file(), "--to=" + target)).isEqualTo(ExitCode.FAILED);
		assertThat(err()).contains("exists. Add --replace to overwrite it");
		assertThat(target).hasContent("mine");
		assertThat(run("import", "--from=mcp.json", file(), "--to=" + target, "--replace")).isEqualTo(ExitCode.DONE);
		assertThat(Files.readString(target)).contains("url: \"https://a.example/mcp\"");
		assertThat(run("import", "--from=mcp.json", file(), "--to=" + this.directory.resolve("no/where.yaml")))
			.isEqualTo(ExitCode.FAILED);
		assertThat(err()).contains("cannot be written");
	}

	@Test
	void importWhenListedOrInJsonPrintsOneResultForEachServer() throws Exception {
		write("{\"mcpServers\": {\"a\": {\"url\": \"https://a.example/mcp\"}, \"b\": {\"command\": \"b\"}}}");
		assertThat(run("import", "--from=" + file(), "--list")).isEqualTo(ExitCode.DONE);
		assertThat(out().lines()).hasSize(2);
		this.out.reset();
		assertThat(run("import", "--from=" + file(), "--json")).isEqualTo(ExitCode.DONE);
		assertThat(out().lines()).hasSize(3)
			.first()
			.isEqualTo("{\"name\":\"a\",\"url\":\"https://a.example/mcp\",\"server\":\"a\",\"outcome\":\"found\"}");
		assertThat(out()).contains("\"outcome\":\"left_out\"", "{\"yaml\":\"# From");
	}

	@ParameterizedTest
	@ValueSource(strings = { "--from=mcp.json a b", "--from=a.json b.json", "--from=mcp.json --move",
			"--from=mcp.json --list --to=x", "--from=mcp.json --to=" })
	void importWhenNotUnderstoodDoesNothing(String words) {
		List<String> all = new ArrayList<>(List.of("import"));
		all.addAll(List.of(words.split(" ")));
		assertThat(run(all.toArray(String[]::new))).isEqualTo(ExitCode.USAGE);
	}

	private ExitCode run() {
		return run("import", "--from=mcp.json", file());
	}

	private ExitCode run(String... words) {
		Terminal terminal = terminal();
		return McpCommandLine.parse(List.of(words), terminal)
			.run(new Services(new StaticListableBeanFactory(Map.of("manager", new ScriptedManager())), terminal.in(),
					Clock.systemUTC()));
	}

	private String file() {
		return this.directory.resolve("mcp.json").toString();
	}

	private void write(String content) throws IOException {
		Files.writeString(Path.of(file()), content);
	}

	private String bound(String name, String... variable) throws IOException {
		return binder(variable).bind("mcp.servers" + (name.startsWith("[") ? "" : ".") + name, String.class).get();
	}

	private Map<?, ?> servers() throws IOException {
		return binder().bind("mcp.servers", Map.class).get();
	}

	private Binder binder(String... variable) throws IOException {
		StandardEnvironment environment = new StandardEnvironment();
		for (PropertySource<?> source : new YamlPropertySourceLoader().load("yaml",
				new ByteArrayResource(this.out.toByteArray()))) {
			environment.getPropertySources().addFirst(source);
		}
		if (variable.length > 0) {
			environment.getPropertySources().addFirst(new MapPropertySource("test", Map.of(variable[0], variable[1])));
		}
		return Binder.get(environment);
	}

}
