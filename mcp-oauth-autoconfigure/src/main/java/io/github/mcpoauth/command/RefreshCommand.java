// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.manager.McpOAuthManager;
import org.jspecify.annotations.Nullable;

import org.springframework.format.annotation.DurationFormat;
import org.springframework.format.datetime.standard.DurationFormatterUtils;

/**
 * {@code mcp refresh}: renew tokens ahead of their expiry, as a job that keeps refresh
 * tokens from idling away.
 */
final class RefreshCommand implements Command {

	private static final Duration DEFAULT_MIN_TTL = Duration.ofMinutes(15);

	private final McpOAuthManager manager;

	private final Clock clock;

	RefreshCommand(McpOAuthManager manager, Clock clock) {
		this.manager = manager;
		this.clock = clock;
	}

	@Override
	public String verb() {
		return "refresh";
	}

	@Override
	public String synopsis() {
		return "<server>|--all [--min-ttl=15m] [--force]";
	}

	@Override
	public String summary() {
		return "renew tokens that are not good for much longer, or all";
	}

	@Override
	public ExitCode run(Arguments arguments, Output output) {
		boolean all = arguments.flag("--all");
		Duration minTtl = minTtl(arguments);
		if (all) {
			arguments.end();
			return refreshAll(minTtl, output);
		}
		String server = arguments.required("server");
		GrantKey key = arguments.key(server);
		arguments.end();
		StatusText report = refresh(key, minTtl);
		output.result(report.members(), List.of(line(report)));
		return ExitCode.DONE;
	}

	private static @Nullable Duration minTtl(Arguments arguments) {
		String minTtl = arguments.value("--min-ttl");
		if (arguments.flag("--force")) {
			if (minTtl != null) {
				throw CommandException.usage("--force renews whatever is left, so it does not go with --min-ttl");
			}
			return null;
		}
		return (minTtl != null) ? duration(minTtl) : DEFAULT_MIN_TTL;
	}

	private static Duration duration(String text) {
		Duration duration;
		try {
			duration = DurationFormatterUtils.detectAndParse(text, DurationFormat.Unit.SECONDS);
		}
		catch (IllegalArgumentException ex) {
			throw notDuration(text);
		}
		if (duration.isNegative()) {
			throw notDuration(text);
		}
		return duration;
	}

	private static CommandException notDuration(String text) {
		return CommandException
			.usage("--min-ttl takes a duration such as 90s, 15m or 2h, not %s".formatted(UntrustedText.quote(text)));
	}

	private ExitCode refreshAll(@Nullable Duration minTtl, Output output) {
		ExitCode worst = ExitCode.DONE;
		List<Map<String, Object>> results = new ArrayList<>();
		List<String> lines = new ArrayList<>();
		for (McpServer server : this.manager.servers()) {
			try {
				StatusText report = refresh(server.key(), minTtl);
				results.add(report.members());
				lines.add(line(report));
			}
			catch (RuntimeException ex) {
				Failure failure = Failure.of(ex);
				worst = worst.orWorse(failure.exitCode());
				results.add(failure.members());
				output.note(failure.message());
			}
		}
		output.result(Map.of("servers", results), lines);
		return worst;
	}

	private StatusText refresh(GrantKey key, @Nullable Duration minTtl) {
		return new StatusText(Results.of(this.manager.provider(key).refresh(minTtl)), this.clock);
	}

	private static String line(StatusText report) {
		return "%s: %s".formatted(report.status().server(), report.summary());
	}

}
