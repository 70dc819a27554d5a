// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantType;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.ServerStatus.Explanation;
import io.github.mcpoauth.ServerStatus.GrantDetails;
import io.github.mcpoauth.ServerStatus.State;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.UnknownServerException;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.internal.question.QuestionRegistry;
import io.github.mcpoauth.internal.question.QuestionSettings;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.question.Answer;
import io.github.mcpoauth.question.Question;
import io.github.mcpoauth.question.QuestionUrl;
import io.github.mcpoauth.session.McpCallException;
import io.github.mcpoauth.session.McpToolClient;
import io.github.mcpoauth.session.UnknownToolException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.support.StaticListableBeanFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link McpCommandLine} with all its commands.
 */
@Timeout(60)
class McpCommandLineTests extends CommandTestBase {

	private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-01-01T11:00:00Z"), ZoneOffset.UTC);

	private final RecordingManager manager = new RecordingManager().with(RecordingManager.authorized("demo"))
		.with(RecordingManager.loginRequired("other"));

	private InputStream in = InputStream.nullInputStream();

	private @Nullable McpToolClient tools;

	private @Nullable QuestionRegistry questions;

	@Test
	void listWhenServersAreConfiguredShowsEachInALine() {
		assertThat(run("list")).isEqualTo(ExitCode.DONE);
		assertThat(lines()).hasSize(3);
		assertThat(lines().get(1)).startsWith("demo ")
			.contains("AUTHORIZED", "expires 2026-01-01T11:58:00Z (in 58 min)", "https://demo.example/mcp");
		assertThat(lines().get(2)).startsWith("other ").contains("LOGIN_REQUIRED", "https://other.example/mcp");
		assertThat(err()).isEmpty();
	}

	@ParameterizedTest
	@EnumSource(names = { "STORE_ERROR", "UNPERSISTED", "REFRESH_FAILING" })
	void listWhenNoLoginMendsAStateSaysWhy(State state) {
		this.manager.with(new ServerStatus("broken", URI.create("https://broken.example/mcp"), state,
				new Explanation("The token file of MCP server 'broken' is damaged", null, null, null),
				GrantDetails.NONE, "memory"));
		assertThat(run("list")).isEqualTo(ExitCode.DONE);
		assertThat(lines()).last().isEqualTo("  The token file of MCP server 'broken' is damaged");
	}

	@Test
	void listWhenJsonPrintsOneObject() {
		assertThat(run("list", "--json")).isEqualTo(ExitCode.DONE);
		assertThat(servers()).extracting((server) -> server.get("server")).containsExactly("demo", "other");
	}

	@ParameterizedTest
	@ValueSource(strings = { "list", "list --json", "status keyed", "status keyed --json" })
	void commandWhenUrlHasAQueryLeavesItOut(String words) {
		URI url = URI.create("https://mcp.example.com/mcp?key=s3cret");
		this.manager.with(new ServerStatus("keyed", url, State.AUTHORIZED, Explanation.NONE,
				new GrantDetails(null, null, url.toString(), Set.of(), null, null, false), "memory"));
		assertThat(run(words.split(" "))).isEqualTo(ExitCode.DONE);
		assertThat(out()).contains("https://mcp.example.com/mcp?...").doesNotContain("s3cret");
	}

	@Test
	void listWhenNothingIsConfiguredSaysWhatToSet() {
		assertThat(run(new RecordingManager(), "list")).isEqualTo(ExitCode.DONE);
		assertThat(out()).contains("mcp.servers.<name>.url");
	}

	@Test
	void statusWhenAuthorizedShowsAllThatIsKnown() {
		assertThat(run("status", "demo")).isEqualTo(ExitCode.DONE);
		assertThat(lines()).containsExactly("server:        demo", "url:           https://demo.example/mcp",
				"state:         AUTHORIZED", "issuer:        https://issuer.example", "client:        client-1",
				"resource:      https://demo.example/mcp", "scopes:        tools",
				"issued:        2026-01-01T10:58:00Z (2 min ago)", "expires:       2026-01-01T11:58:00Z (in 58 min)",
				"refresh token: present", "stored in:     /home/me/.mcp-oauth/demo.json");
		assertThat(this.manager.asked).containsExactly("status demo");
	}

	@ParameterizedTest
	@CsvSource(delimiter = ';',
			value = { "status demo;status demo for \"al ice\"", "logout demo;logout demo for \"al ice\"",
					"remove demo;remove demo for \"al ice\"", "refresh demo --force;refresh demo for \"al ice\" null" })
	void commandWhenPrincipalIsNamedIsAboutTheirGrant(String words, String asked) {
		List<String> line = new ArrayList<>(List.of(words.split(" ")));
		line.add("--principal=al ice");
		assertThat(run(line.toArray(String[]::new))).isEqualTo(ExitCode.DONE);
		assertThat(this.manager.asked).endsWith(asked);
	}

	@Test
	void callWhenPrincipalIsNamedUsesTheirGrant() {
		ScriptedTools scripted = new ScriptedTools();
		this.tools = scripted;
		assertThat(run("call", "demo", "echo", "--principal=alice")).isEqualTo(ExitCode.DONE);
		assertThat(scripted.called).isEqualTo("demo for \"alice\" echo {}");
	}

	@Test
	void commandWhenPrincipalCannotBeANameIsNotUnderstood() {
		assertThat(run("status", "demo", "--principal= ")).isEqualTo(ExitCode.USAGE);
		assertThat(err()).contains("--principal=' ' cannot be used", "must not be blank");
		assertThat(this.manager.asked).isEmpty();
	}

	@Test
	void statusWhenLoginIsRequiredSaysWhyAndWhatToDo() {
		assertThat(run("status", "other")).isEqualTo(ExitCode.DONE);
		assertThat(lines())
			.contains("state:         LOGIN_REQUIRED", "reason:        no user has logged in yet",
					"what to do:    mcp login other")
			.noneMatch((line) -> line.startsWith("refresh token"));
	}

	@Test
	@DisplayName("F17 status says that no refresh token was issued")
	void statusWhenThereIsNoRefreshTokenSaysSo() {
		ServerStatus authorized = RecordingManager.authorized("demo");
		this.manager.with(
				new ServerStatus(
						"demo", authorized.url(), State.AUTHORIZED, Explanation.NONE, new GrantDetails(null, null, null,
								Set.of(), authorized.grant().issuedAt(), authorized.grant().expiresAt(), false),
						"memory"));
		run("status", "demo");
		assertThat(lines()).contains("refresh token: no refresh token issued");
	}

	@Test
	void statusWhenJsonHasStableMembers() {
		assertThat(run("--json", "status", "demo")).isEqualTo(ExitCode.DONE);
		assertThat(json()).containsEntry("server", "demo")
			.containsEntry("url", "https://demo.example/mcp")
			.containsEntry("state", "AUTHORIZED")
			.containsEntry("issuer", "https://issuer.example")
			.containsEntry("client_id", "client-1")
			.containsEntry("resource", "https://demo.example/mcp")
			.containsEntry("scopes", List.of("tools"))
			.containsEntry("issued_at", "2026-01-01T10:58:00Z")
			.containsEntry("expires_at", "2026-01-01T11:58:00Z")
			.containsEntry("refresh_token_present", true)
			.containsEntry("store_location", "/home/me/.mcp-oauth/demo.json")
			.hasSize(11);
	}

	@Test
	void statusWhenAServerChoseItsWordsStripsWhatATerminalWouldObey() {
		ServerStatus authorized = RecordingManager.authorized("demo");
		this.manager.with(new ServerStatus("demo", authorized.url(), State.LOGIN_REQUIRED,
				new Explanation("said \u001b[2J\u0007 'no'", null, null, null),
				new GrantDetails(null, null, null, Set.of("a\u009bb"), null, null, false), "memory"));
		run("status", "demo");
		assertThat(out()).doesNotContain("\u001b", "\u0007", "\u009b").contains("said  [2J  'no'");
	}

	@ParameterizedTest
	@ValueSource(strings = { "status", "login", "refresh", "logout", "remove", "test", "call" })
	void verbWhenServerIsMissingSaysHowItIsUsed(String verb) {
		assertThat(run(verb)).isEqualTo(ExitCode.USAGE);
		assertThat(err()).contains("Usage: mcp " + verb + " <server>").contains("<server> is missing");
		assertThat(out()).isEmpty();
		assertThat(this.manager.asked).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "list", "status demo", "login demo", "refresh demo", "refresh --all", "logout demo",
			"remove demo", "test demo", "call demo echo {}" })
	void verbWhenThereIsAnArgumentTooManyDoesNothing(String line) {
		this.tools = new ScriptedTools();
		assertThat(run((line + " surplus").split(" "))).isEqualTo(ExitCode.USAGE);
		assertThat(err()).contains("'surplus'").contains("Usage: mcp");
		assertThat(this.manager.asked).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "list", "status demo", "login demo", "refresh demo", "logout demo", "remove demo",
			"test demo", "call demo echo" })
	void verbWhenAnOptionIsNotItsOwnDoesNothing(String line) {
		this.tools = new ScriptedTools();
		assertThat(run((line + " --alll").split(" "))).isEqualTo(ExitCode.USAGE);
		assertThat(err()).contains("'--alll'").contains("Usage: mcp");
		assertThat(this.manager.asked).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "status", "login", "refresh", "logout", "remove" })
	void verbWhenServerIsUnknownNamesThoseThereAre(String verb) {
		assertThat(run(verb, "nobody")).isEqualTo(ExitCode.USAGE);
		assertThat(err()).contains("no MCP server named 'nobody'", "demo, other").doesNotContain("Usage");
	}

	@ParameterizedTest
	@ValueSource(strings = { "test nobody", "call nobody echo" })
	void toolVerbWhenServerIsUnknownNamesThoseThereAre(String line) {
		this.tools = new ScriptedTools();
		assertThat(run(line.split(" "))).isEqualTo(ExitCode.USAGE);
		assertThat(err()).contains("no MCP server named 'nobody'", "demo");
	}

	@Test
	void runWhenVerbIsUnknownListsTheVerbs() {
		assertThat(run("logn", "demo")).isEqualTo(ExitCode.USAGE);
		assertThat(err()).contains("There is no command 'logn'")
			.contains("mcp login <server> [--no-browser|--device]",
					"mcp refresh <server>|--all [--min-ttl=15m] [--force]");
		assertThat(out()).isEmpty();
	}

	@Test
	void runWhenVerbIsMissingListsTheVerbs() {
		assertThat(run()).isEqualTo(ExitCode.USAGE);
		assertThat(err()).contains("The command is missing", "mcp call <server> <tool> [json]");
	}

	@Test
	void runWhenUsageIsWrongInJsonPrintsTheErrorAsResult() {
		assertThat(run("status", "--json")).isEqualTo(ExitCode.USAGE);
		assertThat(json()).containsOnly(Map.entry("error", "<server> is missing"));
		assertThat(err()).contains("Usage: mcp status <server>");
	}

	@ParameterizedTest
	@ValueSource(strings = { "help", "--help", "login --help" })
	void runWhenHelpIsAskedForPrintsItAsResult(String line) {
		assertThat(run(line.split(" "))).isEqualTo(ExitCode.DONE);
		assertThat(out()).contains("mcp login <server> [--no-browser|--device]", "Exit codes: 0 done");
		assertThat(this.manager.asked).isEmpty();
	}

	@Test
	void runWhenThereAreSettingsOfTheApplicationLeavesThemToSpringBoot() {
		assertThat(run("--mcp.servers.demo.url=http://localhost/mcp", "status", "--debug", "demo",
				"--spring.profiles.active=x"))
			.isEqualTo(ExitCode.DONE);
		assertThat(this.manager.asked).containsExactly("status demo");
	}

	@Test
	void loginWhenBrowserComesBackPrintsTheUrlOnItsOwnLine() {
		this.manager.login(new ScriptedLogin().succeeded());
		assertThat(run("login", "demo")).isEqualTo(ExitCode.DONE);
		assertThat(lines()).containsExactly(ScriptedLogin.URL.toString(),
				"Logged in to 'demo': authorized, token expires 2026-01-01T11:58:00Z (in 58 min)");
		assertThat(this.manager.asked).containsExactly("login demo with browser");
	}

	@Test
	void loginWhenJsonPrintsTheUrlInTheFirstLineAndTheStatusInTheLast() {
		this.manager.login(new ScriptedLogin().succeeded());
		assertThat(run("login", "demo", "--json", "--no-browser")).isEqualTo(ExitCode.DONE);
		assertThat(lines()).hasSize(2);
		assertThat(lines().get(0)).isEqualTo("{\"authorization_url\":\"%s\"}".formatted(ScriptedLogin.URL));
		assertThat(json(lines().get(1))).containsEntry("state", "AUTHORIZED");
		assertThat(err()).contains("Open this address", "2026-01-01T11:05:00Z");
		assertThat(this.manager.asked).containsExactly("login demo without browser");
	}

	@Test
	void loginWhenDeviceIsAskedForPrintsTheAddressAndTheCode() {
		this.manager.login(new ScriptedLogin(ScriptedLogin.USER_CODE).succeeded());
		assertThat(run("login", "demo", "--device")).isEqualTo(ExitCode.DONE);
		assertThat(lines()).startsWith("https://issuer.example/device", "WDJB-MJHT").hasSize(3);
		assertThat(err()).contains("on any device", "https://issuer.example/device?user_code=WDJB-MJHT");
		assertThat(this.manager.asked).containsExactly("login demo with device code");
	}

	@Test
	void loginWhenDeviceIsAskedForInJsonPrintsTheNamesOfTheRfc() {
		this.manager.login(new ScriptedLogin(ScriptedLogin.USER_CODE).succeeded());
		assertThat(run("login", "demo", "--device", "--json")).isEqualTo(ExitCode.DONE);
		assertThat(json(lines().get(0))).containsExactly(Map.entry("verification_uri", "https://issuer.example/device"),
				Map.entry("user_code", "WDJB-MJHT"),
				Map.entry("verification_uri_complete", "https://issuer.example/device?user_code=WDJB-MJHT"));
		assertThat(json(lines().get(1))).containsEntry("state", "AUTHORIZED");
	}

	@Test
	void loginWhenCodeIsPastedCompletes() {
		ScriptedLogin login = new ScriptedLogin();
		this.manager.login(login);
		this.in = input("\n  code-1 \r\n");
		assertThat(run("login", "demo")).isEqualTo(ExitCode.DONE);
		assertThat(login.pasted).containsExactly("code-1");
	}

	@Test
	void loginWhenPastedTextIsNoGoodAsksAgain() {
		ScriptedLogin login = new ScriptedLogin();
		this.manager.login(login);
		this.in = input("hello there\ncode-1");
		assertThat(run("login", "demo")).isEqualTo(ExitCode.DONE);
		assertThat(login.refused).containsExactly("hello there");
		assertThat(err()).contains("That is neither a redirect URL nor a code. Try again, or type 'cancel'");
	}

	@Test
	void loginWhenCancelIsTypedEndsWithAPersonNeeded() {
		this.manager.login(new ScriptedLogin());
		this.in = input("Cancel\n");
		assertThat(run("login", "demo")).isEqualTo(ExitCode.LOGIN_REQUIRED);
		assertThat(err()).contains("Login to MCP server 'demo' failed");
	}

	@Test
	void loginWhenBrowserComesBackWhileInputIsOpenDoesNotWaitForIt() throws IOException {
		try (PipedOutputStream terminal = new PipedOutputStream()) {
			this.in = new PipedInputStream(terminal);
			this.manager.login(new ScriptedLogin().succeeded());
			assertThat(run("login", "demo")).isEqualTo(ExitCode.DONE);
		}
	}

	@Test
	void loginWhenInputIsClosedStillWaitsForTheBrowser() {
		ScriptedLogin login = new ScriptedLogin();
		this.manager.login(login);
		this.in = new FilterInputStream(InputStream.nullInputStream()) {

			@Override
			public int read(byte[] target, int offset, int length) throws IOException {
				login.succeeded();
				throw new IOException("Bad file descriptor");
			}

		};
		assertThat(run("login", "demo")).isEqualTo(ExitCode.DONE);
	}

	@Test
	void loginWhenInputIsNotTextTakesNothingFromIt() {
		ScriptedLogin login = new ScriptedLogin();
		this.manager.login(login);
		byte[] modules = { (byte) 0xda, (byte) 0xda, (byte) 0xfe, (byte) 0xca, 0, 0, 1, 0, '\n', 'c', 'o', 'd', 'e',
				'-', '1', '\n' };
		this.in = new ByteArrayInputStream(modules) {

			@Override
			public synchronized int read(byte[] target, int offset, int length) {
				login.succeeded();
				return super.read(target, offset, length);
			}

		};
		assertThat(run("login", "demo")).isEqualTo(ExitCode.DONE);
		assertThat(login.refused).isEmpty();
		assertThat(login.pasted).isEmpty();
		assertThat(err()).doesNotContain("Try again");
	}

	@Test
	void loginWhenNoPersonIsNeededPrintsNoUrl() {
		this.manager.login(new ScriptedLogin((URI) null).succeeded());
		assertThat(run("login", "demo", "--json")).isEqualTo(ExitCode.DONE);
		assertThat(json()).containsEntry("state", "AUTHORIZED");
		assertThat(err()).isEmpty();
	}

	@ParameterizedTest
	@CsvSource({ "DENIED, LOGIN_REQUIRED", "CANCELLED, LOGIN_REQUIRED", "TIMED_OUT, LOGIN_REQUIRED",
			"UNAVAILABLE, TRY_LATER", "CONFIGURATION, FAILED", "PROTOCOL, FAILED" })
	void loginWhenItEndsBadlyTellsHow(Reason reason, ExitCode exitCode) {
		this.manager.login(new ScriptedLogin().failed(reason));
		assertThat(run("login", "demo", "--json")).isEqualTo(exitCode);
		assertThat(lines()).hasSize(2);
		assertThat(json(lines().get(1))).containsEntry("server", "demo")
			.containsEntry("error", "Login to MCP server 'demo' failed: the test said so");
		assertThat(err()).contains("the test said so");
	}

	@Test
	void loginWhenItCannotBeginTellsWhy() {
		this.manager.failLogin(new LoginException("demo", Reason.UNAVAILABLE, "nobody answers"));
		assertThat(run("login", "demo")).isEqualTo(ExitCode.TRY_LATER);
		assertThat(out()).isEmpty();
	}

	@ParameterizedTest
	@CsvSource({ "--min-ttl=2h, PT2H", "--min-ttl=90, PT1M30S", "--min-ttl=PT1H, PT1H", "--min-ttl=0s, PT0S",
			"--force, null", "--debug, PT15M" })
	void refreshWhenTimeToLiveIsGivenPassesItOn(String option, String minTtl) {
		assertThat(run("refresh", option, "demo")).isEqualTo(ExitCode.DONE);
		assertThat(this.manager.asked).containsExactly("refresh demo " + minTtl);
		assertThat(lines()).containsExactly("demo: authorized, token expires 2026-01-01T11:58:00Z (in 58 min)");
	}

	@ParameterizedTest
	@ValueSource(strings = { "--min-ttl=soon", "--min-ttl=-5m", "--min-ttl=", "--min-ttl", "--min-ttl=5parsecs",
			"--min-ttl=99999999999999999999s" })
	void refreshWhenTimeToLiveIsNoneAsksNothing(String option) {
		assertThat(run("refresh", "demo", option)).isEqualTo(ExitCode.USAGE);
		assertThat(err()).contains("--min-ttl", "Usage: mcp refresh");
		assertThat(this.manager.asked).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "demo --force --min-ttl=1h", "demo --min-ttl=1h --min-ttl=2h", "demo --all", "" })
	void refreshWhenOptionsContradictAsksNothing(String arguments) {
		assertThat(run(("refresh " + arguments).strip().split(" "))).isEqualTo(ExitCode.USAGE);
		assertThat(this.manager.asked).isEmpty();
	}

	@Test
	void refreshWhenLoginIsRequiredSaysSoToAProgram() {
		this.manager.failRefresh("demo", new LoginRequiredException("demo", "the refresh token was refused"));
		assertThat(run("refresh", "demo", "--json")).isEqualTo(ExitCode.LOGIN_REQUIRED);
		assertThat(json())
			.isEqualTo(new LoginRequiredException("demo", "the refresh token was refused").needsReauth().toMap());
		assertThat(err()).contains("mcp login demo");
	}

	@Test
	void refreshWhenItMayWorkLaterSaysWhen() {
		this.manager.failRefresh("demo",
				new TransientAuthorizationException("demo", "no answer", Duration.ofMillis(29_500), null));
		assertThat(run("refresh", "demo", "--json")).isEqualTo(ExitCode.TRY_LATER);
		assertThat(json()).containsEntry("retry_after", 30).containsEntry("server", "demo").containsKey("error");
	}

	@Test
	void refreshWhenStoreFailsFails() {
		this.manager.failRefresh("demo", new TokenStoreException("demo", "The directory is read-only", null));
		assertThat(run("refresh", "demo")).isEqualTo(ExitCode.FAILED);
		assertThat(err()).contains("The directory is read-only");
	}

	@Test
	void refreshWhenSomethingUnexpectedHappensNamesIt() {
		this.manager.failRefresh("demo", new IllegalStateException("\u001b]0;boo\u0007"));
		assertThat(run("refresh", "demo")).isEqualTo(ExitCode.FAILED);
		assertThat(err()).contains("java.lang.IllegalStateException").doesNotContain("\u001b", "\u0007");
	}

	@Test
	@DisplayName("F38 a job refreshes every server that is not good for long enough")
	void refreshAllWhenAllGoesWellRefreshesEveryServer() {
		assertThat(run("refresh", "--all", "--min-ttl=1h", "--json")).isEqualTo(ExitCode.DONE);
		assertThat(this.manager.asked).containsExactly("refresh demo PT1H", "refresh other PT1H");
		assertThat(servers()).hasSize(2);
	}

	@Test
	void refreshAllWhenServerIsLeftOutDoesNotAskIt() {
		this.manager.leaveOut("other");
		assertThat(run("refresh", "--all", "--json")).isEqualTo(ExitCode.DONE);
		assertThat(this.manager.asked).containsExactly("refresh demo PT15M");
		assertThat(run("refresh", "other")).isEqualTo(ExitCode.DONE);
	}

	@Test
	void refreshWhenNoLoginCanHelpFails() {
		McpServer unattended = new McpServer("demo", URI.create("https://demo.example/mcp"),
				OAuthSettings.builder().grantType(GrantType.CLIENT_CREDENTIALS).build());
		this.manager.failRefresh("demo", new LoginRequiredException(unattended, GrantKey.of("demo"),
				"the authorization server answered 'invalid_client'"));
		assertThat(run("refresh", "demo")).isEqualTo(ExitCode.FAILED);
		assertThat(err()).contains("Check 'mcp.servers.demo.oauth.client");
	}

	@Test
	void refreshWhenTheDatabaseIsDownMayWorkLater() {
		this.manager.failRefresh("demo", new TokenStoreException("demo", "The store cannot be read",
				new SQLException("Connection to db:5432 refused", "08001")));
		assertThat(run("refresh", "demo")).isEqualTo(ExitCode.TRY_LATER);
	}

	@Test
	@DisplayName("F38 a job goes on after a failure and ends with the worst exit code")
	void refreshAllWhenOneFailsGoesOnAndEndsWithTheWorst() {
		this.manager.with(RecordingManager.authorized("third")).with(RecordingManager.authorized("fourth"));
		this.manager.failRefresh("demo", new LoginRequiredException("demo", "refused"));
		this.manager.failRefresh("other", new TransientAuthorizationException("other", "no answer", null, null));
		assertThat(run("refresh", "--all", "--force")).isEqualTo(ExitCode.LOGIN_REQUIRED);
		assertThat(this.manager.asked).containsExactly("refresh demo null", "refresh other null", "refresh third null",
				"refresh fourth null");
		assertThat(lines()).hasSize(2);
		assertThat(err()).contains("'demo' requires re-authentication", "'other' cannot be given a token just now");
		this.manager.failRefresh("third", new McpOAuthException("third", "broken"));
		assertThat(run("refresh", "--all")).isEqualTo(ExitCode.FAILED);
	}

	@Test
	void logoutWhenRevokedSaysSo() {
		assertThat(run("logout", "demo")).isEqualTo(ExitCode.DONE);
		assertThat(lines()).containsExactly("Logged out of 'demo'. The authorization server has revoked the tokens.");
		assertThat(this.manager.asked).containsExactly("status demo", "logout demo");
	}

	@Test
	void logoutWhenThereIsNoLoginSaysSo() {
		this.manager.revoked(false);
		assertThat(run("logout", "other")).isEqualTo(ExitCode.DONE);
		assertThat(lines()).containsExactly("There was no login for 'other'");
		assertThat(run("logout", "other", "--json")).isEqualTo(ExitCode.DONE);
		assertThat(json()).containsEntry("logged_out", false);
	}

	@Test
	void logoutWhenNotRevokedIsDoneAllTheSame() {
		this.manager.revoked(false);
		assertThat(run("logout", "demo", "--json")).isEqualTo(ExitCode.DONE);
		assertThat(json()).isEqualTo(Map.of("server", "demo", "logged_out", true, "revoked", false));
	}

	@Test
	void removeWhenRevokedSaysSo() {
		assertThat(run("remove", "demo", "--json")).isEqualTo(ExitCode.DONE);
		assertThat(json()).isEqualTo(Map.of("server", "demo", "removed", true, "revoked", true));
		assertThat(this.manager.asked).containsExactly("remove demo");
	}

	@Test
	void removeWhenNotRevokedSaysWhatStaysAtTheServer() {
		this.manager.revoked(false);
		assertThat(run("remove", "demo")).isEqualTo(ExitCode.DONE);
		assertThat(out()).contains("Removed all that was stored for 'demo'", "until they expire");
	}

	@Test
	void testWhenServerAnswersListsItsTools() {
		this.tools = new ScriptedTools();
		assertThat(run("test", "demo")).isEqualTo(ExitCode.DONE);
		assertThat(lines()).containsExactly("Connected to 'demo', which has 2 tools", "  echo - Says what it is told",
				"  silent");
	}

	@Test
	void testWhenJsonPrintsTheToolsAsTheServerDescribesThem() {
		this.tools = new ScriptedTools();
		assertThat(run("test", "demo", "--json")).isEqualTo(ExitCode.DONE);
		assertThat(json()).containsEntry("server", "demo")
			.containsEntry("tools",
					List.of(Map.of("name", "echo", "description", "Says what it is told\nand no more", "inputSchema",
							Map.of("type", "object")),
							Map.of("name", "silent", "inputSchema", Map.of("type", "object"))));
	}

	@ParameterizedTest
	@ValueSource(strings = { "list", "status demo", "test demo" })
	@DisplayName("F19 list, status and test start no login")
	void verbWhenLoginIsRequiredStartsNone(String line) {
		this.manager.login(new ScriptedLogin());
		this.tools = new ScriptedTools().fail(new LoginRequiredException("demo", "no user has logged in yet"));
		run(line.split(" "));
		assertThat(this.manager.asked).noneMatch((asked) -> asked.startsWith("login"));
	}

	@Test
	@DisplayName("F19 a test of a server without a grant ends at once and says that a login is required")
	void testWhenLoginIsRequiredSaysSo() {
		this.tools = new ScriptedTools().fail(new LoginRequiredException("demo", "no user has logged in yet"));
		assertThat(run("test", "demo", "--json")).isEqualTo(ExitCode.LOGIN_REQUIRED);
		assertThat(json()).containsEntry("needs_reauth", true);
	}

	@Test
	void callWhenToolAnswersPrintsItsText() {
		ScriptedTools scripted = new ScriptedTools();
		this.tools = scripted;
		assertThat(run("call", "demo", "echo", "{\"message\": \"h\u00e9llo\", \"n\": [1, null]}"))
			.isEqualTo(ExitCode.DONE);
		assertThat(lines()).containsExactly("first", "second", "{\"type\":\"image\",\"data\":\"AA==\"}");
		assertThat(scripted.called).isEqualTo("demo echo {message=h\u00e9llo, n=[1, null]}");
	}

	@Test
	void callWhenJsonPrintsTheWholeResult() {
		this.tools = new ScriptedTools();
		assertThat(run("call", "demo", "echo", "--json")).isEqualTo(ExitCode.DONE);
		assertThat(json()).isEqualTo(ScriptedTools.RESULT);
	}

	@Test
	void callWhenResultIsOnlyStructuredPrintsThat() {
		this.tools = new ScriptedTools().answer(Map.of("content", List.of(), "structuredContent", Map.of("sum", 3)));
		assertThat(run("call", "demo", "add")).isEqualTo(ExitCode.DONE);
		assertThat(lines()).containsExactly("{\"sum\":3}");
	}

	@Test
	void callWhenToolFailsPrintsItsResultAndFails() {
		this.tools = new ScriptedTools()
			.answer(Map.of("isError", true, "content", List.of(Map.of("type", "text", "text", "no such file"))));
		assertThat(run("call", "demo", "read")).isEqualTo(ExitCode.FAILED);
		assertThat(lines()).containsExactly("no such file");
	}

	@Test
	void callWhenPersonIsNeededPrintsTheResultAndSaysSo() {
		Map<String, Object> needsReauth = new LoginRequiredException("demo", "no user has logged in yet").needsReauth()
			.toMap();
		this.tools = new ScriptedTools()
			.answer(Map.of("isError", true, "content", List.of(), "structuredContent", needsReauth));
		assertThat(run("call", "demo", "echo", "--json")).isEqualTo(ExitCode.LOGIN_REQUIRED);
		assertThat(json()).containsEntry("structuredContent", needsReauth);
	}

	@Test
	void callWhenItMayWorkLaterSaysSo() {
		this.tools = new ScriptedTools().fail(new TransientAuthorizationException("demo", "no answer", null, null));
		assertThat(run("call", "demo", "echo")).isEqualTo(ExitCode.TRY_LATER);
	}

	@ParameterizedTest
	@CsvSource({ "UNAVAILABLE, TRY_LATER", "UNANSWERED, TRY_LATER", "REFUSED, FAILED", "CLOSED, FAILED" })
	void testWhenServerDoesNotAnswerTellsHow(McpCallException.Reason reason, ExitCode exitCode) {
		this.tools = new ScriptedTools()
			.fail(new McpCallException("demo", reason, "the test said so", null, Duration.ofSeconds(7), null));
		assertThat(run("test", "demo", "--json")).isEqualTo(exitCode);
		assertThat(json()).isEqualTo(Map.of("server", "demo", "error", "the test said so", "retry_after", 7));
	}

	@ParameterizedTest
	@CsvSource({ "accept, ACCEPT", "decline, DECLINE", "'maybe\ncancel', CANCEL" })
	void callWhenServerAsksForAnAddressAsksTheUser(String typed, Answer.Action action) {
		this.in = input(typed + "\n");
		AskingTools asking = new AskingTools();
		this.tools = asking;
		this.questions = asking.questions;
		assertThat(run("call", "demo", "echo")).isEqualTo(ExitCode.DONE);
		assertThat(lines()).containsExactly(action.name());
		assertThat(err()).contains("MCP server 'demo' asks you to open an address for its tool 'echo': Log in",
				"Its domain is:  xn--gthub-n2e.example", "The address is: https://github.com@g\u0456thub.example/login",
				"WARNING: the domain mixes letters", "WARNING: the text before the '@'");
	}

	@Test
	void callWhenServerAsksAndThereIsNoUserHasNoAnswer() {
		AskingTools asking = new AskingTools();
		this.tools = asking;
		this.questions = asking.questions;
		assertThat(run("call", "demo", "echo")).isEqualTo(ExitCode.DONE);
		assertThat(lines()).containsExactly("none");
	}

	@Test
	void callWhenToolIsUnknownFails() {
		this.tools = new ScriptedTools().fail(new UnknownToolException("demo", "ecco"));
		assertThat(run("call", "demo", "ecco")).isEqualTo(ExitCode.USAGE);
		assertThat(err()).contains("no tool named 'ecco'", "mcp test demo");
	}

	@Test
	void callWhenToolIsMissingSaysHowItIsUsed() {
		assertThat(run("call", "demo")).isEqualTo(ExitCode.USAGE);
		assertThat(err()).contains("<tool> is missing", "Usage: mcp call <server> <tool> [json]");
	}

	@ParameterizedTest
	@ValueSource(strings = { "{", "[1]", "null", "s3cret", "\"s3cret\"", "{\"a\": s3cret}", "{} {}", "",
			"{\"a\":1} s3cret" })
	void callWhenArgumentsAreNoObjectCallsNothingAndQuotesNothing(String json) {
		ScriptedTools scripted = new ScriptedTools();
		this.tools = scripted;
		assertThat(run("call", "demo", "echo", json)).isEqualTo(ExitCode.USAGE);
		assertThat(err()).contains("not a JSON object").doesNotContain("s3cret");
		assertThat(scripted.called).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "test demo", "call demo echo" })
	void toolVerbWhenThereIsNoSdkSaysWhatToAdd(String line) {
		assertThat(run(line.split(" "))).isEqualTo(ExitCode.FAILED);
		assertThat(err()).contains("needs mcp-core 2.0 or newer of the MCP SDK", "mcp-oauth-starter");
	}

	@Test
	void jsonWhenTextIsNotAsciiIsAscii() {
		this.tools = new ScriptedTools().answer(Map.of("content", List.of(Map.of("type", "text", "text", "\u00fc"))));
		run("call", "demo", "echo", "--json");
		assertThat(out()).contains("\\u00FC");
	}

	private ExitCode run(String... words) {
		return run(this.manager, words);
	}

	private ExitCode run(RecordingManager manager, String... words) {
		this.out.reset();
		this.err.reset();
		Map<String, Object> beans = new LinkedHashMap<>(Map.of("manager", manager));
		if (this.tools != null) {
			beans.put("tools", this.tools);
		}
		if (this.questions != null) {
			beans.put("questions", this.questions);
		}
		Terminal terminal = terminal(this.in);
		return McpCommandLine.parse(List.of(words), terminal)
			.run(new Services(new StaticListableBeanFactory(beans), terminal.in(), CLOCK));
	}

	private static InputStream input(String text) {
		return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
	}

	@SuppressWarnings("unchecked")
	private List<Map<String, Object>> servers() {
		return (List<Map<String, Object>>) Objects.requireNonNull(json().get("servers"));
	}

	/**
	 * The one JSON object that is all of the standard output.
	 */
	private Map<String, Object> json() {
		assertThat(lines()).hasSize(1);
		return json(out());
	}

	@SuppressWarnings("unchecked")
	private static Map<String, Object> json(String text) {
		return JsonMapper.shared().readValue(text, Map.class);
	}

	/**
	 * Tools of the server {@code demo}.
	 */
	private static final class ScriptedTools implements McpToolClient {

		static final Map<String, Object> RESULT = Map.of("content",
				List.of(Map.of("type", "text", "text", "first"), Map.of("type", "text", "text", "second"),
						new TreeMap<>(Map.of("type", "image", "data", "AA==")).descendingMap()),
				"isError", false);

		private @Nullable String called;

		private Map<String, Object> answer = RESULT;

		private @Nullable RuntimeException failure;

		ScriptedTools answer(Map<String, Object> answer) {
			this.answer = answer;
			return this;
		}

		ScriptedTools fail(RuntimeException failure) {
			this.failure = failure;
			return this;
		}

		@Override
		public Mono<List<Map<String, Object>>> listTools(String server) {
			Map<String, Object> schema = Map.of("type", "object");
			return answer(server, List.of(
					Map.of("name", "echo", "description", "Says what it is told\nand no more", "inputSchema", schema),
					Map.of("name", "silent", "inputSchema", schema)));
		}

		@Override
		public Mono<List<Map<String, Object>>> listTools(GrantKey key) {
			return listTools(key.server());
		}

		@Override
		public Mono<Map<String, Object>> callTool(GrantKey key, String tool, Map<String, Object> arguments) {
			Mono<Map<String, Object>> answer = callTool(key.server(), tool, arguments);
			this.called = "%s %s %s".formatted(key, tool, arguments);
			return answer;
		}

		@Override
		public Mono<Map<String, Object>> callTool(String server, String tool, Map<String, Object> arguments) {
			this.called = "%s %s %s".formatted(server, tool, arguments);
			return answer(server, this.answer);
		}

		private <T> Mono<T> answer(String server, T answer) {
			if (!"demo".equals(server)) {
				return Mono.error(new UnknownServerException(server, List.of("demo")));
			}
			return (this.failure != null) ? Mono.error(this.failure) : Mono.just(answer);
		}

	}

	/**
	 * Asks the user for an address, and answers with the decision.
	 */
	private static final class AskingTools implements McpToolClient {

		final QuestionRegistry questions = new QuestionRegistry(null, QuestionSettings.defaults(), CLOCK,
				McpOAuthListener.none(), WorkThreads.shared(), null);

		@Override
		public Mono<List<Map<String, Object>>> listTools(String server) {
			return Mono.just(List.of());
		}

		@Override
		public Mono<List<Map<String, Object>>> listTools(GrantKey key) {
			return Mono.just(List.of());
		}

		@Override
		public Mono<Map<String, Object>> callTool(String server, String tool, Map<String, Object> arguments) {
			return callTool(GrantKey.of(server), tool, arguments);
		}

		@Override
		public Mono<Map<String, Object>> callTool(GrantKey key, String tool, Map<String, Object> arguments) {
			return this.questions
				.ask(new Question.Url("q1", key, tool, "Log in", this.questions.expiry(),
						QuestionUrl.of("https://github.com@g\u0456thub.example/login")))
				.map((answer) -> answer.action().name())
				.defaultIfEmpty("none")
				.map((text) -> Map.of("content", List.of(Map.of("type", "text", "text", text))));
		}

	}

}
