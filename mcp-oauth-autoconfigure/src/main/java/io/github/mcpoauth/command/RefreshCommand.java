// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;

import org.springframework.format.annotation.DurationFormat;
import org.springframework.format.datetime.standard.DurationFormatterUtils;

/**
 * {@code mcp refresh}: renews tokens before they expire. Run as a job, it keeps refresh
 * tokens in use that would expire when idle.
 */
final class RefreshCommand extends Command {

	private static final Duration DEFAULT_MIN_TTL = Duration.ofMinutes(15);

	RefreshCommand() {
		super("refresh", "<server>|--all [--min-ttl=15m] [--force]", "renew tokens that expire soon, or all");
	}

	@Override
	Work parse(Arguments arguments) {
		boolean all = arguments.flag("--all");
		Duration minTtl = minTtl(arguments);
		if (all) {
			arguments.end();
			return (services, output) -> refreshAll(minTtl, services, output);
		}
		GrantKey key = arguments.key();
		arguments.end();
		return (services, output) -> {
			StatusText report = refresh(key, minTtl, services);
			output.result(report.members(), List.of(line(report)));
			return ExitCode.DONE;
		};
	}

	private static @Nullable Duration minTtl(Arguments arguments) {
		String minTtl = arguments.value("--min-ttl");
		if (arguments.flag("--force")) {
			if (minTtl != null) {
				throw CommandException.usage("--force renews every token, so it does not go with --min-ttl");
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

	private static ExitCode refreshAll(@Nullable Duration minTtl, Services services, Output output) {
		ExitCode worst = ExitCode.DONE;
		List<Map<String, Object>> results = new ArrayList<>();
		List<String> lines = new ArrayList<>();
		if (services.manager().servers().isEmpty()) {
			output.note(ListCommand.NONE);
		}
		for (McpServer server : services.manager().servers()) {
			if (!server.oauth().refreshAll() || server.oauth().registration() != null) {
				continue;
			}
			try {
				StatusText report = refresh(server.key(), minTtl, services);
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

	private static StatusText refresh(GrantKey key, @Nullable Duration minTtl, Services services) {
		return new StatusText(Results.of(services.provider(key).refresh(minTtl)), services.clock());
	}

	private static String line(StatusText report) {
		return "%s: %s".formatted(report.status().server(), report.summary());
	}

}
