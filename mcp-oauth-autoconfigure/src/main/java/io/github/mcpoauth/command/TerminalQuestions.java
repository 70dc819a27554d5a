// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import io.github.mcpoauth.question.Answer;
import io.github.mcpoauth.question.Question;
import io.github.mcpoauth.question.QuestionHandler;
import io.github.mcpoauth.question.QuestionUrl;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Asks the user of a terminal whether to open an address. The user opens it: the command
 * starts no browser. Without a terminal there is no answer.
 */
final class TerminalQuestions implements QuestionHandler {

	private static final String PROMPT = """
			MCP server '%s' asks you to open an address%s: %s
			Its domain is:  %s
			The address is: %s%s
			If you know that domain and expect this, type 'accept' and open the address in a browser.
			'decline' says no, and 'cancel' leaves it undecided. Waiting until %s.""";

	private static final Log logger = LogFactory.getLog(TerminalQuestions.class);

	private final InputStream in;

	private final Clock clock;

	private final Consumer<String> notes;

	private final BlockingQueue<Optional<String>> lines = new LinkedBlockingQueue<>();

	private boolean reading;

	private boolean ended;

	TerminalQuestions(InputStream in, Clock clock, Consumer<String> notes) {
		this.in = in;
		this.clock = clock;
		this.notes = notes;
	}

	@Override
	public Set<Question.Mode> modes() {
		return EnumSet.of(Question.Mode.URL);
	}

	@Override
	public Mono<Answer> answer(Question question) {
		return Mono.fromCallable(() -> ask((Question.Url) question));
	}

	/**
	 * One question at a time: the lines that the user types answer the one that is shown.
	 */
	private synchronized @Nullable Answer ask(Question.Url question) throws InterruptedException {
		if (this.ended) {
			return null;
		}
		this.notes.accept(PROMPT.formatted(question.key().server(),
				(question.tool() != null) ? " for its tool '%s'".formatted(question.tool()) : "", question.message(),
				question.url().domain(), question.url().value(), warnings(question.url()),
				question.expiresAt().truncatedTo(ChronoUnit.SECONDS)));
		startReading();
		while (true) {
			long left = Duration.between(this.clock.instant(), question.expiresAt()).toMillis();
			Optional<String> line = (left > 0) ? this.lines.poll(left, TimeUnit.MILLISECONDS) : null;
			this.ended = line != null && line.isEmpty();
			if (line == null || this.ended) {
				return null;
			}
			Answer answer = answer(line.orElse(""));
			if (answer != null) {
				return answer;
			}
			this.notes.accept("Type 'accept', 'decline' or 'cancel'");
		}
	}

	private static @Nullable Answer answer(String line) {
		return switch (line.strip().toLowerCase(Locale.ROOT)) {
			case "accept" -> Answer.accept();
			case "decline" -> Answer.decline();
			case "cancel" -> Answer.cancel();
			default -> null;
		};
	}

	private static String warnings(QuestionUrl url) {
		StringBuilder warnings = new StringBuilder();
		url.warnings().stream().sorted().forEach((warning) -> warnings.append("\nWARNING: ").append(switch (warning) {
			case PUNYCODE -> "the domain has letters beyond A to Z and may look like another one that you know.";
			case MIXED_SCRIPT -> "the domain mixes letters of several alphabets, as forged addresses do.";
			case USER_INFO -> "the text before the '@' is not the domain, although it may look like one.";
		}));
		return warnings.toString();
	}

	/**
	 * The thread that reads cannot be interrupted and is therefore a daemon.
	 */
	private void startReading() {
		if (!this.reading) {
			this.reading = true;
			Thread reader = new Thread(this::read, "mcp-question-input");
			reader.setDaemon(true);
			reader.start();
		}
	}

	private void read() {
		try {
			Reader reader = new BufferedReader(new InputStreamReader(this.in, StandardCharsets.UTF_8));
			for (String line = PastedLines.line(reader); line != null; line = PastedLines.line(reader)) {
				if (!line.isBlank()) {
					this.lines.add(Optional.of(line));
				}
			}
		}
		catch (IOException ex) {
			logger.debug("The standard input cannot be read, so no question can be answered", ex);
		}
		this.lines.add(Optional.empty());
	}

}
