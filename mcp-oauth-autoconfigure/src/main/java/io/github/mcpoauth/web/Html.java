// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.web;

import java.util.Collection;
import java.util.stream.Collectors;

import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;
import org.springframework.web.util.HtmlUtils;

/**
 * A piece of a page in which everything that is not ours is escaped. There is no way to
 * make one from a text but through a template, which escapes its values.
 *
 * @param markup the markup
 */
record Html(String markup) {

	private static final String VALUE = "{}";

	private static final Html NOTHING = new Html("");

	/**
	 * Fill a template.
	 * @param template markup of ours with a <code>{}</code> for each value
	 * @param values the values. What is not {@link Html} is escaped, so that it can stand
	 * in an element or a quoted attribute, and stripped of control and format characters
	 * @return the piece
	 */
	static Html of(String template, @Nullable Object... values) {
		StringBuilder markup = new StringBuilder(template.length() + 64);
		int from = 0;
		for (Object value : values) {
			int at = template.indexOf(VALUE, from);
			Assert.state(at >= 0, "There are more values than places for them");
			markup.append(template, from, at).append(escaped(value));
			from = at + VALUE.length();
		}
		Assert.state(template.indexOf(VALUE, from) < 0, "There are fewer values than places for them");
		return new Html(markup.append(template, from, template.length()).toString());
	}

	private static String escaped(@Nullable Object value) {
		return (value instanceof Html html) ? html.markup
				: HtmlUtils.htmlEscape(UntrustedText.printable(String.valueOf(value)), "UTF-8");
	}

	static Html nothing() {
		return NOTHING;
	}

	static Html join(Collection<Html> pieces) {
		return new Html(pieces.stream().map(Html::markup).collect(Collectors.joining()));
	}

}
