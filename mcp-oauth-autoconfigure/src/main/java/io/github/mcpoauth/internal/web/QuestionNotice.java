// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.time.Instant;
import java.util.List;
import java.util.Locale;

import io.github.mcpoauth.question.Question;
import org.jspecify.annotations.Nullable;

/**
 * An address that a server wants the user to open.
 *
 * @param question id of the question
 * @param tool the tool that needs it, {@code null} if not known
 * @param message why the server asks
 * @param domain the host that the browser would connect to
 * @param address the whole address
 * @param warnings names of the texts that warn of it
 * @param until its end
 */
record QuestionNotice(String question, @Nullable String tool, String message, String domain, String address,
		List<String> warnings, PageTime until) {

	static QuestionNotice of(Question.Url question, Instant now, Locale language) {
		return new QuestionNotice(question.id(), question.tool(), question.message(), question.url().domain(),
				question.url().value(),
				question.url()
					.warnings()
					.stream()
					.sorted()
					.map((warning) -> warning.name().toLowerCase(Locale.ROOT).replace('_', '-'))
					.toList(),
				PageTime.at(question.expiresAt(), now, language));
	}

}
