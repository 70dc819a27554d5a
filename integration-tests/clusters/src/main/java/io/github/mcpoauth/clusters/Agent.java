// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.session.McpToolClient;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Commands of an agent. Each answer is one line that begins with {@code @}.
 */
final class Agent {

	private static final GrantKey KEY = GrantKey.of("demo");

	/**
	 * Longer than a test pauses a process during its call.
	 */
	private static final Duration PATIENCE = Duration.ofSeconds(150);

	/**
	 * More than any token lives.
	 */
	private static final Duration ROUND = Duration.ofHours(2);

	private final McpOAuthManager manager;

	private final McpToolClient tools;

	private final AgentClock clock;

	Agent(McpOAuthManager manager, McpToolClient tools, AgentClock clock) {
		this.manager = manager;
		this.tools = tools;
		this.clock = clock;
	}

	String tell(String line) {
		String[] words = line.split(" ");
		try {
			return switch (words[0]) {
				case "call" -> call(Long.parseLong(words[1]));
				case "login" -> login();
				case "logout" -> "@logout " + await(this.manager.provider(KEY).logout());
				case "remove" -> "@remove " + await(this.manager.provider(KEY).remove());
				case "refresh" -> refresh();
				case "renew" -> renew();
				case "status" -> status();
				case "watch" -> watch();
				default -> throw new IllegalArgumentException(line);
			};
		}
		catch (RuntimeException ex) {
			return "@%s failed %s: %s".formatted(words[0], ex.getClass().getSimpleName(),
					String.valueOf(ex.getMessage()).replaceAll("\\s+", " "));
		}
	}

	/**
	 * Call a tool after the tokens of all earlier rounds have expired.
	 */
	private String call(long round) {
		this.clock.putForward(ROUND.multipliedBy(round));
		long started = System.nanoTime();
		AccessToken token = this.manager.provider(KEY).token().block(PATIENCE);
		long micros = (System.nanoTime() - started) / 1000;
		if (token == null) {
			return "@call failed: no user has logged in";
		}
		String message = "round " + round;
		Map<String, Object> result = await(this.tools.callTool(KEY.server(), "echo", Map.of("message", message)));
		boolean echoed = result.get("content") instanceof List<?> content && content.get(0) instanceof Map<?, ?> text
				&& message.equals(text.get("text"));
		return echoed ? "@call ok " + micros : "@call failed: " + result;
	}

	private String login() {
		Login login = await(this.manager.provider(KEY).login(LoginRequest.withoutBrowser()));
		System.out.println("@url " + login.authorizationUrl());
		return "@login " + await(login.completion()).state();
	}

	private String refresh() {
		await(this.manager.provider(KEY).refresh(null));
		return "@refresh ok " + now();
	}

	/**
	 * Renew the token again and again, until there is another command to read.
	 */
	private String renew() {
		System.out.println("@renewing");
		ServerStatus status = await(this.manager.provider(KEY).refresh(null));
		while (status.state() == ServerStatus.State.AUTHORIZED && !hasCommand()) {
			status = await(this.manager.provider(KEY).refresh(null));
		}
		return (status.state() == ServerStatus.State.AUTHORIZED) ? "@renew ok " + now()
				: "@renew failed: %s %s".formatted(status.state(), status.explanation().reason());
	}

	private static boolean hasCommand() {
		try {
			return System.in.available() > 0;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Ask for the token until it is another one.
	 */
	private String watch() {
		AccessToken before = token();
		System.out.println("@watching");
		Instant end = Instant.now().plus(PATIENCE);
		while (before.equals(token())) {
			if (Instant.now().isAfter(end)) {
				return "@watch failed: the token stays the same";
			}
		}
		return "@watch ok " + now();
	}

	private AccessToken token() {
		return Objects.requireNonNull(this.manager.provider(KEY).token().block(PATIENCE), "no user has logged in");
	}

	private String status() {
		ServerStatus status = await(this.manager.provider(KEY).status());
		return "@status %s %s".formatted(status.state(), status.explanation().reason());
	}

	/**
	 * The time, to compare with that of other processes of this machine.
	 */
	private static long now() {
		return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
	}

	private static <T> T await(Mono<T> mono) {
		@Nullable T result = mono.block(PATIENCE);
		return Objects.requireNonNull(result);
	}

}
