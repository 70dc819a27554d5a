// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import io.github.mcpoauth.Login;
import io.github.mcpoauth.question.Question;
import org.jspecify.annotations.Nullable;

/**
 * The pages: each is a template with its values.
 */
final class PageViews {

	static final String TOKEN = "_token";

	/**
	 * The list of connections, relative to the pages below it.
	 */
	static final String LIST = "../connections";

	private final PageTemplates templates;

	private final VisitorResolver visitors;

	private final ConnectionsSettings.Links links;

	PageViews(PageTemplates templates, VisitorResolver visitors, ConnectionsSettings.Links links) {
		this.templates = templates;
		this.visitors = visitors;
		this.links = links;
	}

	Texts texts() {
		return this.templates.texts();
	}

	PageAnswer connections(Visit visit, List<ServerCard> servers, @Nullable LoginOutcome outcome) {
		Map<String, @Nullable Object> values = new HashMap<>();
		values.put("outcome", outcome);
		values.put("redirectUri", visit.redirectUri());
		values.put("user", visit.visitor().user());
		values.put("scripted", true);
		return list("connections", visit, servers, values);
	}

	/**
	 * The part of the page that changes.
	 */
	PageAnswer servers(Visit visit, List<ServerCard> servers) {
		return list("servers", visit, servers, new HashMap<>());
	}

	private PageAnswer list(String template, Visit visit, List<ServerCard> servers,
			Map<String, @Nullable Object> values) {
		values.put("title", "connections.title");
		values.put("root", "connections/");
		values.put("servers", servers);
		values.put("empty", servers.isEmpty());
		return page(200, template, visit, values);
	}

	/**
	 * The way to the authorization server. The browser goes on by itself; a redirect
	 * would be held back by our own policy for forms.
	 */
	PageAnswer login(Visit visit, Login login, URI url) {
		Map<String, @Nullable Object> values = new HashMap<>();
		values.put("title", "onward.page");
		values.put("onward", url);
		values.put("host", url.getRawAuthority());
		values.put("server", login.server());
		values.put("flow", login.id());
		values.put("offersCode", login.offersDeviceCode());
		return page(200, "login", visit, values);
	}

	/**
	 * An address that the user has agreed to open, with the link to it.
	 */
	PageAnswer asked(Visit visit, Question.Url question, QuestionNotice notice) {
		Map<String, @Nullable Object> values = new HashMap<>();
		values.put("title", "asked.page");
		values.put("server", question.key().server());
		values.put("domain", notice.domain());
		values.put("address", notice.address());
		values.put("warnings", notice.warnings());
		values.put("back", LIST);
		return page(200, "asked", visit, values).withoutReferrer();
	}

	/**
	 * The question for the access code.
	 */
	PageAnswer enter(Visit visit, String action, boolean wrong) {
		Map<String, @Nullable Object> values = new HashMap<>();
		values.put("title", "enter.title");
		values.put("enter", action);
		values.put("wrong", wrong);
		values.put("scripted", true);
		values.put("root", action.substring(0, action.length() - "enter".length()));
		return page(403, "enter", visit, values).withoutReferrer();
	}

	/**
	 * Something to read, and the way back. It is shown at an address that may hold a
	 * code, so that address goes to no other site.
	 */
	PageAnswer message(PageRequest request, int status, PageMessage message) {
		Map<String, @Nullable Object> values = new HashMap<>(message.values());
		values.put("title", message.title());
		values.put("text", message.text());
		values.put("back", message.atList() ? "connections" : LIST);
		values.put("root", message.atList() ? "connections/" : "");
		Locale language = this.templates.language(request.headers());
		return PageAnswer.page(status, this.templates.render("message", language, Map.of(), values)).withoutReferrer();
	}

	private PageAnswer page(int status, String template, Visit visit, Map<String, @Nullable Object> values) {
		Map<String, @Nullable Object> frame = new HashMap<>();
		frame.put("application", this.links.name());
		frame.put("home", link(visit, this.links.home()));
		frame.put("logout", (visit.visitor().user() != null) ? link(visit, this.links.logout()) : null);
		frame.put("fields", fields(visit));
		values.putIfAbsent("root", "");
		PageAnswer answer = PageAnswer.page(status, this.templates.render(template, visit.language(), frame, values));
		return visit.known() ? answer : answer.withCookie(VisitorResolver.cookie(visit.visitor(), visit.base()));
	}

	private List<FormField> fields(Visit visit) {
		FormField token = new FormField(TOKEN, this.visitors.token(visit.visitor()));
		FormField field = visit.request().applicationField();
		return (field != null) ? List.of(token, field) : List.of(token);
	}

	private static @Nullable String link(Visit visit, @Nullable String link) {
		return (link != null && link.startsWith("/")) ? visit.base() + link : link;
	}

}
