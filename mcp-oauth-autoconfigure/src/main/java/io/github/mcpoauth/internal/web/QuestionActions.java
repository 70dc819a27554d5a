// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpOAuthProvider;
import io.github.mcpoauth.internal.question.QuestionRegistry;
import io.github.mcpoauth.question.Answer;
import io.github.mcpoauth.question.Question;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.web.util.UriUtils;

/**
 * A user's decisions about the addresses that servers want them to open.
 */
final class QuestionActions {

	private static final String ID = "question";

	private final QuestionRegistry questions;

	private final LoginActions logins;

	QuestionActions(QuestionRegistry questions, LoginActions logins) {
		this.questions = questions;
		this.logins = logins;
	}

	QuestionRegistry questions() {
		return this.questions;
	}

	/**
	 * Note the decision. One for the address leads to a page with a link: the user opens
	 * it, and this page sends no browser there.
	 */
	Mono<LoginActions.Result> answer(Visit visit) {
		return this.logins.provider(visit).flatMap((provider) -> {
			GrantKey key = provider.key();
			Answer.Action action = action(visit.request().parameter("answer"));
			return this.questions.decide(key, visit.request().parameter(ID), action)
				.map((question) -> decided(key, question, action))
				.switchIfEmpty(Mono.fromSupplier(() -> new LoginActions.Shown(
						LoginOutcome.note("question.over", "question.over.text", key.server()))));
		});
	}

	private static LoginActions.Result decided(GrantKey key, Question.Url question, Answer.Action action) {
		if (action == Answer.Action.ACCEPT) {
			return new LoginActions.Onward("question?server=%s&question=%s"
				.formatted(UriUtils.encode(key.server(), StandardCharsets.UTF_8), question.id()));
		}
		String text = "question." + action.name().toLowerCase(Locale.ROOT);
		return new LoginActions.Shown(LoginOutcome.note(text, text + ".text", key.server()));
	}

	/**
	 * The question that a page is about, if it is one of the visitor's.
	 */
	Mono<Question.Url> find(Visit visit) {
		return this.logins.provider(visit)
			.map(McpOAuthProvider::key)
			.flatMap((key) -> this.questions.find(key, visit.request().parameter(ID)));
	}

	private static Answer.Action action(@Nullable String name) {
		return "accept".equals(name) ? Answer.Action.ACCEPT
				: "decline".equals(name) ? Answer.Action.DECLINE : Answer.Action.CANCEL;
	}

}
