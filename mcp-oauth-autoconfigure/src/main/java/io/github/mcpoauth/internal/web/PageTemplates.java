// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.io.StringReader;
import java.io.StringWriter;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.Template;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;

import org.springframework.context.MessageSource;
import org.springframework.http.HttpHeaders;
import org.springframework.web.util.HtmlUtils;

/**
 * Fills the Mustache templates beside this class. Each value is escaped, so that it can
 * stand in an element or a quoted attribute, and stripped of control and format
 * characters.
 */
final class PageTemplates {

	private final Assets assets;

	private final Mustache.Compiler compiler = Mustache.compiler()
		.withEscaper((value) -> HtmlUtils.htmlEscape(UntrustedText.printable(value), "UTF-8"))
		.emptyStringIsFalse(true)
		.nullValue("")
		.withLoader((name) -> new StringReader(source(name)));

	private final Texts texts;

	private final Map<String, Template> compiled = new ConcurrentHashMap<>();

	PageTemplates(Assets assets, @Nullable MessageSource messages) {
		this.assets = assets;
		this.texts = new Texts(messages, this.compiler);
	}

	private static String source(String name) {
		return Assets.read(name + ".mustache");
	}

	Texts texts() {
		return this.texts;
	}

	Locale language(HttpHeaders headers) {
		return this.texts.language(headers);
	}

	/**
	 * Fill a template.
	 * @param name name of the template
	 * @param language the language of its texts
	 * @param frame values that all templates have
	 * @param values values of this one
	 * @return the markup
	 */
	String render(String name, Locale language, Map<String, ?> frame, Object values) {
		Template template = this.compiled.computeIfAbsent(name, (absent) -> this.compiler.compile(source(name)));
		StringWriter markup = new StringWriter();
		Map<String, Object> assets = Map.of("style", this.assets.address(Assets.STYLE), "script",
				this.assets.address(Assets.SCRIPT), "icon", this.assets.address(Assets.ICON), "t",
				this.texts.section(language));
		template.execute(values, new Frame(frame, assets), markup);
		return markup.toString();
	}

	/**
	 * Values of the request before those of the page.
	 */
	private record Frame(Map<String, ?> request, Map<String, Object> page) implements Mustache.CustomContext {

		@Override
		public @Nullable Object get(String name) {
			return this.request.containsKey(name) ? this.request.get(name) : this.page.get(name);
		}

	}

}
