// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.net.URI;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginRequest;

/**
 * {@code mcp login}: lets a user authorize this application. The browser's redirect to
 * this machine and the text that the user pastes are both accepted; the first valid one
 * ends the login. The device flow has neither.
 */
final class LoginCommand extends Command {

	private static final String PROMPT = """
			Open this address in a browser to log in to MCP server '%s'. Waiting until %s.
			If that browser cannot reach this machine, paste the address it ends up at, or the code, and press Enter.
			If the page shows an error about the client, type 'cancel' and run this command again with --new-client.
			'cancel' ends the login.""";

	private static final String EXPIRY = """
			The authorization server accepts this address until %s only. For another one, cancel and run 'mcp login %s' again.""";

	private static final String DEVICE_PROMPT = """
			Open this address in a browser on any device to log in to MCP server '%s', and enter the code. Waiting until %s.
			'cancel' ends the login.""";

	private static final String COMPARE = """
			%s
			contains the code. Compare the two.""";

	LoginCommand() {
		super("login", "<server> [--no-browser|--device] [--new-client]", "log in to a server");
	}

	@Override
	Work parse(Arguments arguments) {
		GrantKey key = arguments.key();
		boolean withoutBrowser = arguments.flag("--no-browser");
		boolean device = arguments.flag("--device");
		boolean newClient = arguments.flag("--new-client");
		arguments.end();
		LoginRequest request = new LoginRequest(!withoutBrowser && !device, null, device, newClient);
		return (services, output) -> run(key, request, services, output);
	}

	private static ExitCode run(GrantKey key, LoginRequest request, Services services, Output output) {
		Login login = Results.of(services.provider(key).login(request));
		Login.UserCode code = login.userCode();
		URI url = login.authorizationUrl();
		if (code != null) {
			show(login, code, output);
		}
		else if (url != null) {
			output.note(PROMPT.formatted(key.server(), until(login)));
			noteExpiry(key, login, output);
			output.result(Map.of("authorization_url", url.toString()), List.of(url.toString()));
		}
		if (url != null) {
			new PastedLines(services.in(), login, output::note).start();
		}
		StatusText report = new StatusText(Results.untilEnd(login, services.clock()), services.clock());
		output.result(report.members(), List.of("Logged in to '%s': %s".formatted(key, report.summary())));
		return ExitCode.DONE;
	}

	private static void noteExpiry(GrantKey key, Login login, Output output) {
		Instant end = login.authorizationUrlExpiresAt();
		if (end != null) {
			output.note(EXPIRY.formatted(end.truncatedTo(ChronoUnit.SECONDS), key.server()));
		}
	}

	private static void show(Login login, Login.UserCode code, Output output) {
		output.note(DEVICE_PROMPT.formatted(login.server(), until(login)));
		Map<String, Object> members = new LinkedHashMap<>();
		members.put("verification_uri", code.verificationUri().toString());
		members.put("user_code", code.value());
		URI complete = code.verificationUriComplete();
		if (complete != null) {
			members.put("verification_uri_complete", complete.toString());
		}
		output.result(members, List.of(code.verificationUri().toString(), code.value()));
		if (complete != null) {
			output.note(COMPARE.formatted(complete));
		}
	}

	private static Instant until(Login login) {
		return login.expiresAt().truncatedTo(ChronoUnit.SECONDS);
	}

}
