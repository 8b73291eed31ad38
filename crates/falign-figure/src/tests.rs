//! The room as a whole: tables in, files out.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use falign::internal::config::figure::Figure;

use super::{Format, Mean, Options, Table, font, page, points, render, sample, write};

const SMALL: u32 = 400;

#[derive(Debug)]
struct Drawn {
    _folder: tempfile::TempDir,
    files: Vec<PathBuf>,
}

impl Drawn {
    fn bytes(&self) -> Vec<Vec<u8>> {
        let read = |path: &PathBuf| std::fs::read(path).unwrap();
        self.files.iter().map(read).collect()
    }

    fn text(&self, extension: &str) -> String {
        let is = |path: &&PathBuf| path.extension().is_some_and(|end| end == extension);
        std::fs::read_to_string(self.files.iter().find(is).unwrap()).unwrap()
    }
}

fn try_draw(figure: &Figure, table: &str, options: &Options) -> anyhow::Result<Drawn> {
    let folder = tempfile::tempdir().unwrap();
    let summary = folder.path().join("summary.csv");
    std::fs::write(&summary, table).unwrap();
    let drawn = render(figure, &Table::read(&summary)?, options)?;
    let files = write(&drawn, folder.path(), "figure")?;
    Ok(Drawn {
        _folder: folder,
        files,
    })
}

fn small() -> Options {
    Options {
        png_width: SMALL,
        ..Options::default()
    }
}

fn figure(text: &str) -> Figure {
    toml::from_str(text).unwrap()
}

const LOSS: &str = "[[panel]]\nx = \"step\"\ny = \"loss\"\ny_scale = \"log\"\n";

#[test]
fn the_same_table_gives_the_same_bytes() {
    let (figure, table) = (sample::figure(), sample::summary());
    let first = try_draw(&figure, &table, &small()).unwrap();
    let second = try_draw(&figure, &table, &small()).unwrap();
    assert_eq!(first.files.len(), 4);
    assert!(first.bytes() == second.bytes());
}

#[test]
fn figure_2_has_letters_superscripts_and_its_sentence() {
    let drawn = try_draw(&sample::figure(), &sample::summary(), &small()).unwrap();
    let svg = drawn.text("svg");
    assert!(!svg.contains("<text") && !svg.contains("font-family"));
    for letter in ["a", "b", "c", "d", "e", "f"] {
        assert!(
            svg.contains(&format!("aria-label=\"{letter}\"")),
            "{letter}"
        );
    }
    assert!(svg.contains("aria-label=\"10^−24\""));
    assert!(svg.contains("aria-label=\"runs diverged\""));
    assert!(svg.contains("50 runs"));
    assert!(svg.contains("geometric mean"));
}

#[test]
fn the_arithmetic_mean_is_a_choice_and_the_caption_says_so() {
    let options = Options {
        mean: Mean::Arithmetic,
        ..small()
    };
    let drawn = try_draw(&sample::figure(), &sample::summary(), &options).unwrap();
    let svg = drawn.text("svg");
    assert!(svg.contains("arithmetic") && !svg.contains("geometric"));
}

#[test]
fn the_points_file_holds_exactly_what_is_shown() {
    let drawn = try_draw(&sample::figure(), &sample::summary(), &small()).unwrap();
    let csv = drawn.text("csv");
    let mut lines = csv.lines();
    assert_eq!(
        lines.next(),
        Some("panel,series,dash,x,center,low,high,runs")
    );
    let series = sample::RIDGES.len() + 1;
    let expected = 3 * series * sample::WIDTHS.len() + 3 * series * 81;
    assert_eq!(lines.count(), expected);
}

#[test]
fn empty_cells_nan_and_diverged_rows_end_a_curve_with_a_mark() {
    let table = "ridge,step,runs,runs_converged,runs_diverged,loss_mean,loss_std,loss_log10_mean,loss_log10_std\n\
                 0,0,3,0,0,10,1,1,0.1\n0,1,3,0,1,100,1,2,0.1\n0,2,3,0,3,,,,\n0,3,3,0,3,NaN,NaN,NaN,NaN\n";
    let drawn = try_draw(&figure(LOSS), table, &small()).unwrap();
    assert!(drawn.text("svg").contains("aria-label=\"runs diverged\""));
    let csv = drawn.text("csv");
    assert!(csv.contains("a,,,2,,,,3"), "{csv}");
}

#[test]
fn a_single_row_is_drawn() {
    let table = "width,step,runs,loss_mean,loss_std\n10,0,1,2.5,\n";
    let drawn = try_draw(&figure(LOSS), table, &small()).unwrap();
    assert!(drawn.text("svg").contains("single run"));
}

#[test]
fn a_table_of_nothing_but_gaps_is_drawn_empty() {
    let table = "width,step,runs,runs_diverged,loss_mean,loss_std\n10,0,4,4,,\n10,1,4,4,,\n";
    let drawn = try_draw(&figure(LOSS), table, &small()).unwrap();
    assert!(drawn.text("svg").contains("runs diverged"));
}

#[test]
fn losses_that_are_not_positive_leave_a_gap_on_a_log_axis() {
    let table =
        "width,step,runs,loss_mean,loss_std\n10,0,2,1,2\n10,1,2,0,0\n10,2,2,-1,0\n10,3,2,4,1\n";
    let drawn = try_draw(&figure(LOSS), table, &small()).unwrap();
    assert!(!drawn.text("svg").contains("NaN"));
}

fn message(figure_text: &str, table: &str) -> String {
    let error = try_draw(&figure(figure_text), table, &small())
        .err()
        .unwrap();
    format!("{error:#}")
}

#[test]
fn unknown_names_are_named_with_their_neighbours() {
    let table = "activation,width,step,runs,loss_mean\nrelu,10,0,1,2\ntanh,10,0,1,2\n";
    let said = message("[[panel]]\nx = \"step\"\ny = \"los\"\n", table);
    assert!(
        said.contains("panel a") && said.contains("`los`") && said.contains("`loss`"),
        "{said}"
    );
    let said = message(&format!("{LOSS}series = \"widht\"\n"), table);
    assert!(said.contains("did you mean `width`"), "{said}");
    let said = message(
        &format!("{LOSS}where = {{ activation = \"rleu\" }}\n"),
        table,
    );
    assert!(
        said.contains("rleu") && said.contains("relu, tanh"),
        "{said}"
    );
}

#[test]
fn rows_that_would_be_one_point_are_refused_with_the_column_that_differs() {
    let table = "activation,width,step,runs,loss_mean\nrelu,10,0,1,2\ntanh,10,0,1,2\n";
    let said = message(LOSS, table);
    assert!(said.contains("activation = relu and tanh"), "{said}");
}

#[test]
fn an_experiment_without_a_figure_gets_one() {
    let none = Figure::default();
    let drawn = try_draw(&none, &sample::summary(), &small()).unwrap();
    let svg = drawn.text("svg");
    assert!(svg.contains("alignment cos(b, β)") && svg.contains("width p"));
    let table = "width,step,runs,loss_mean,alignment_mean\n10,0,1,2,0.1\n10,5,1,1,0.4\n";
    let drawn = try_draw(&none, table, &small()).unwrap();
    assert!(drawn.text("svg").contains("step t"));
}

#[test]
fn cases_of_different_widths_are_drawn_without_being_asked() {
    let none = Figure::default();
    let cases = "case,width,step,runs,loss_mean\nnarrow,10,0,1,2\nnarrow,10,5,1,1\n\
                 wide,90,0,1,3\nwide,90,5,1,1\n";
    let drawn = try_draw(&none, cases, &small()).unwrap();
    let csv = drawn.text("csv");
    assert!(
        csv.contains("a,,,0,2,") && csv.contains("b,,,0,3,"),
        "{csv}"
    );
    // Each group of settings shows the widest of its widths.
    let groups = "activation,case,width,ridge,step,runs,loss_mean\n\
                  tanh,a,10,0,0,1,2\ntanh,a,20,0,0,1,3\ntanh,a,20,1,0,1,4\n\
                  relu,b,40,0,0,1,5\nrelu,b,80,0,0,1,6\nrelu,b,80,1,0,1,7\n";
    let drawn = try_draw(&none, groups, &small()).unwrap();
    let csv = drawn.text("csv");
    assert!(csv.contains(",3,,,1") && csv.contains(",6,,,1"), "{csv}");
}

#[test]
#[ignore = "writes pictures to target/figure for a person to look at"]
fn pictures_to_look_at() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/figure");
    std::fs::create_dir_all(&folder).unwrap();
    let summary = folder.join("summary.csv");
    std::fs::write(&summary, sample::summary()).unwrap();
    let table = Table::read(&summary).unwrap();
    let draw = |figure: &Figure, stem: &str| {
        let drawn = render(figure, &table, &Options::default()).unwrap();
        write(&drawn, &folder, stem).unwrap();
    };
    draw(&sample::figure(), "figure2");
    draw(&Figure::default(), "default");
    let one = figure(
        "title = \"One panel\"\n[[panel]]\nx = \"step\"\ny = \"loss\"\ny_scale = \"log\"\n\
         series = \"ridge\"\ndash = \"rule\"\nwhere = { activation = \"tanh\", width = 600 }\n",
    );
    draw(&one, "one");
    // Panels that split their rows differently have separate legends.
    let mixed = figure(
        "columns = 2\ntitle = \"Mixed *p* and *t*\"\n\
         [[panel]]\ntitle = \"by ridge\"\nx = \"step\"\ny = \"alignment\"\nseries = \"ridge\"\nspread = \"quantiles\"\n\
         center = \"median\"\nwhere = { activation = \"tanh\", width = 200, rule = \"feedback_alignment\" }\n\
         [[panel]]\ntitle = \"by width\"\nx = \"step\"\ny = \"loss\"\ny_scale = \"log\"\nseries = \"width\"\n\
         where = { activation = \"tanh\", ridge = 0.3, rule = \"feedback_alignment\" }\n\
         [[panel]]\ntitle = \"by activation\"\nx = \"step\"\nx_scale = \"log\"\ny = \"loss\"\ny_scale = \"log\"\n\
         y_min = 1e-3\nseries = \"activation\"\ndash = \"rule\"\nwhere = { ridge = 0, width = 200 }\n\
         [[panel]]\nx = \"ridge\"\ny = \"alignment\"\nstyle = \"points\"\nseries = \"activation\"\nspread = \"sem\"\n\
         where = { width = 20, rule = \"feedback_alignment\" }\n",
    );
    draw(&mixed, "mixed");
}

// Alignment and its prediction over ridge, in units of gamma, and over the budget.
const MAP_TABLE: &str = "ridge,cutoff,step,runs,alignment_mean,theory_mean\n\
    gamma=1,c_s=1,9,3,0.43,0.44\ngamma=1,c_s=10,9,3,0.93,0.91\n\
    gamma=30,c_s=1,7,3,0.03,0.02\ngamma=30,c_s=10,7,3,,\n";

#[test]
fn a_map_has_a_number_in_each_cell_and_one_colour_scale() {
    let figure = figure(
        "[[panel]]\nx = \"ridge\"\ny = \"alignment\"\nseries = \"cutoff\"\nstyle = \"map\"\n\
         prediction = \"theory\"\ny_min = 0.0\ny_max = 1.0\n",
    );
    let drawn = try_draw(&figure, MAP_TABLE, &small()).unwrap();
    let svg = drawn.text("svg");
    for text in [
        "0.43", "0.44", "0.93", "0.91", "0.03", "1 γ", "30 γ", "c_S = 10",
    ] {
        assert!(svg.contains(&format!("aria-label=\"{text}\"")), "{text}");
    }
    assert_eq!(
        svg.matches("alignment cos").count(),
        1,
        "the colour scale's name"
    );
    // A value's colour is its place between the fixed ends.
    let colour = super::palette::shade(0.43);
    assert!(svg.contains(&format!("fill=\"{colour}\"")), "{colour}");
    let csv = drawn.text("csv");
    assert!(csv.contains("a,c_s=10,measured,gamma=1,0.93,,,3"), "{csv}");
    assert!(csv.contains("a,c_s=10,theory,gamma=1,0.91,,,3"), "{csv}");
}

#[test]
fn values_in_units_are_numbers_on_an_axis_that_names_the_unit() {
    let panel =
        "[[panel]]\nx = \"ridge\"\ny = \"alignment\"\nseries = \"cutoff\"\nstyle = \"points\"\n";
    let drawn = try_draw(&figure(panel), MAP_TABLE, &small()).unwrap();
    assert!(drawn.text("csv").contains("a,c_s=1,,30,0.03,"));
    assert!(drawn.text("svg").contains("aria-label=\"ridge λ in γ\""));
    let mixed = MAP_TABLE.replace("gamma=30", "30");
    let said = message(panel, &mixed);
    assert!(said.contains("different units (gamma=1, 30)"), "{said}");
}

#[test]
fn a_prediction_is_dashed_in_the_colour_of_what_was_measured() {
    let folder = std::env::temp_dir().join(format!("falign-theory-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("summary.csv");
    let mut csv = String::from(
        "ridge,step,runs,runs_diverged,alignment_mean,alignment_std,composite_alignment_mean,composite_alignment_std\n",
    );
    for step in 0..4 {
        let x = f64::from(step) / 10.0;
        // Without ridge there is no prediction, and at the end all runs are lost.
        let _ = writeln!(csv, "0,{step},5,0,{x},0.01,,");
        let lost = if step == 3 { "5,," } else { "0,0.5,0.01" };
        let _ = writeln!(csv, "2,{step},5,{lost},{},0.01", x + 0.5);
    }
    std::fs::write(&path, csv).unwrap();
    let table = Table::read(&path).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let figure = figure(
        "[[panel]]\nx = \"step\"\ny = \"alignment\"\nseries = \"ridge\"\nprediction = \"composite_alignment\"\n",
    );
    let drawn = render(&figure, &table, &Options::default()).unwrap();
    let text = |ending: &str| {
        let bytes = &drawn.iter().find(|file| file.0 == ending).unwrap().1;
        String::from_utf8(bytes.clone()).unwrap()
    };
    let points = text("csv");
    let theory: Vec<&str> = points.lines().filter(|l| l.contains(",theory,")).collect();
    // One prediction, without a band, that goes on where the runs were lost.
    assert_eq!(theory.len(), 4, "{points}");
    assert_eq!(theory[3], "a,2,theory,3,0.8,,,5");
    assert!(points.contains("a,0,measured,0,0,"), "{points}");
    let script = text("py");
    let look = |dash: &str| {
        let key = format!("\"series\":\"2\",\"dash\":\"{dash}\",\"colour\":\"");
        let rest = &script[script.find(&key).unwrap() + key.len()..];
        rest[..7].to_owned()
    };
    assert_eq!(look("measured"), look("theory"), "one colour");
    let svg = text("svg");
    assert!(svg.contains("stroke-dasharray=\"3.4 1.8\""), "dashed");
}

/// The script's lines, and so its legend, are in the order of the picture's legend.
#[test]
fn redrawn_lines_are_in_the_order_of_the_legend() {
    let head = "ridge,step,runs,runs_converged,runs_diverged,loss_mean,loss_std\n";
    let row = |ridge: &str| format!("{ridge},0,3,0,0,2,1\n{ridge},1,3,0,0,1,1\n");
    let table = format!("{head}{}{}{}", row("20"), row("0"), row("3"));
    let by_ridge = figure(&format!("{LOSS}series = \"ridge\"\n"));
    let script = try_draw(&by_ridge, &table, &small()).unwrap().text("py");
    let places = ["0", "3", "20"].map(|ridge| {
        let key = format!("\"series\":\"{ridge}\"");
        script
            .find(&key)
            .unwrap_or_else(|| panic!("no {key}: {script}"))
    });
    assert!(places.is_sorted(), "{places:?}");
}

/// A loss that falls as width^-0.5 from 0.4 at width 100, for three runs.
fn falling() -> String {
    let head = "width,step,runs,runs_converged,runs_diverged,loss_mean,loss_std\n";
    let row = |width: f64| {
        let loss = 4.0 / width.sqrt();
        format!("{width},5,3,0,0,{loss},0.01\n")
    };
    format!("{head}{}", [100.0, 400.0, 1600.0, 6400.0].map(row).concat())
}

/// The places of a dotted line: of the guides, which alone have this colour and these dots.
fn dotted(svg: &str) -> Vec<Vec<(f64, f64)>> {
    let lines = svg
        .lines()
        .filter(|line| line.contains("stroke-dasharray=\"0.8 1.8\""));
    let places = |line: &str| {
        let data = line.split('"').nth(1).unwrap();
        let numbers: Vec<f64> = data
            .split(['M', 'L', ' '])
            .filter(|part| !part.is_empty())
            .map(|part| part.parse().unwrap())
            .collect();
        numbers.chunks(2).map(|pair| (pair[0], pair[1])).collect()
    };
    lines.map(places).collect()
}

#[test]
fn a_reference_is_level_and_a_slope_goes_through_what_has_it() {
    let asked = "[[panel]]\nx = \"width\"\ny = \"loss\"\nx_scale = \"log\"\ny_scale = \"log\"\nstyle = \"points\"\n\
                 center = \"mean\"\nreference = 1.0\nslope = -0.5\n";
    let svg = try_draw(&figure(asked), &falling(), &small())
        .unwrap()
        .text("svg");
    let lines = dotted(&svg);
    assert_eq!(lines.len(), 2, "{svg}");
    let level: Vec<f64> = lines[0].iter().map(|place| place.1).collect();
    assert!((level[0] - level[1]).abs() < 1e-9);
    let discs: Vec<(f64, f64)> = svg
        .lines()
        .filter(|line| line.starts_with("<circle"))
        .map(|line| {
            let cells: Vec<&str> = line.split('"').collect();
            (cells[1].parse().unwrap(), cells[3].parse().unwrap())
        })
        .collect();
    assert_eq!(discs.len(), 4);
    assert!(
        discs.iter().all(|disc| disc.1 > level[0]),
        "below the bound"
    );
    // The law is straight where both axes are logarithmic, and meets every point.
    let law = &lines[1];
    let height = |x: f64| {
        let after = law.iter().position(|place| place.0 >= x).unwrap().max(1);
        let (from, to) = (law[after - 1], law[after]);
        from.1 + (x - from.0) / (to.0 - from.0) * (to.1 - from.1)
    };
    for (x, y) in discs {
        assert!((height(x) - y).abs() < 0.1, "{x} {y}: {}", height(x));
    }
    assert!(svg.contains("Dotted: loss"), "said below: {svg}");
}

#[test]
fn an_axis_shows_what_is_between_its_given_ends() {
    let head = "ridge,step,runs,runs_converged,runs_diverged,loss_mean,loss_std\n";
    let row = |step: u32| format!("0,{step},3,0,0,{},0.01\n", 100 / (step + 1));
    let table = format!("{head}{}", [0, 10, 20, 99].map(row).concat());
    let asked = |keys: &str| format!("[[panel]]\nx = \"step\"\ny = \"loss\"\n{keys}");
    let script = |keys: &str| {
        let drawn = try_draw(&figure(&asked(keys)), &table, &small()).unwrap();
        drawn.text("py")
    };
    assert!(script("").contains("\"x_range\":[]"));
    let cut = script("x_min = 10\nx_max = 20\n");
    assert!(cut.contains("\"x_range\":[[10.0,20.0]]"), "{cut}");
    // The loss of 100 at step 0 is not among them: the vertical axis is that of 9 and 4.
    let range = &cut[cut.find("\"y_range\":[").unwrap() + 11..];
    let high: f64 = range[..range.find(']').unwrap()]
        .split(',')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    assert!((9.0..10.0).contains(&high), "{high}");
}

#[test]
fn the_page_is_as_wide_as_is_asked_or_says_that_it_cannot_be() {
    let options = |width: f64| Options {
        width: Some(width),
        has_caption: false,
        has_text: true,
        formats: vec![Format::Svg, Format::Pdf],
        ..small()
    };
    let rows = falling();
    let asked = figure("columns = 3\n[[panel]]\nx = \"width\"\ny = \"loss\"\nstyle = \"points\"\n");
    let drawn = try_draw(&asked, &rows, &options(234.0)).unwrap();
    let endings: Vec<_> = drawn
        .files
        .iter()
        .filter_map(|path| path.extension()?.to_str())
        .collect();
    assert_eq!(endings, ["svg", "pdf", "csv", "py"]);
    let svg = drawn.text("svg");
    assert!(
        svg.contains("width=\"234pt\"") && svg.contains("<text "),
        "{svg}"
    );
    assert!(
        svg.contains("<title>loss ½|e|² against width p</title>"),
        "{svg}"
    );
    assert!(
        !svg[svg.find("</desc>").unwrap()..].contains("over 3 runs"),
        "no caption"
    );
    let error = try_draw(&asked, &rows, &options(72.0)).unwrap_err();
    assert!(error.to_string().contains("no room"), "{error:#}");
}

#[test]
fn a_map_says_how_many_runs_diverged() {
    let head = "width,ridge,step,runs,runs_converged,runs_diverged,loss_mean,loss_std\n";
    let table =
        format!("{head}10,0,5,4,0,3,,\n10,1,5,4,0,0,2,1\n20,0,5,4,0,0,1,1\n20,1,5,4,0,0,3,1\n");
    let asked =
        figure("[[panel]]\nx = \"width\"\nseries = \"ridge\"\ny = \"loss\"\nstyle = \"map\"\n");
    let svg = try_draw(&asked, &table, &small()).unwrap().text("svg");
    assert!(svg.contains("aria-label=\"3 of 4\""), "{svg}");
    assert!(svg.contains("how many runs diverged"), "{svg}");
}

#[test]
fn a_panel_without_points_says_so() {
    let head = "ridge,step,runs,runs_converged,runs_diverged,loss_mean,loss_std\n";
    let rows = format!("{head}0,0,3,0,0,2,1\n0,1,3,0,0,1,1\n");
    let nothing = format!("{head}0,0,3,0,0,,\n0,1,3,0,0,NaN,NaN\n");
    let negative = format!("{head}0,0,3,0,0,-2,1\n0,1,3,0,0,-1,1\n");
    let lost = format!("{head}0,0,3,0,3,,\n");
    let above = "[[panel]]\nx = \"step\"\ny = \"loss\"\ny_min = 7\n";
    let none = "aria-label=\"no points\"";
    let beyond = "aria-label=\"no points in this range\"";
    for (asked, table, says) in [
        (LOSS, &rows, None),
        (LOSS, &nothing, Some(none)),
        (LOSS, &negative, Some(beyond)),
        (LOSS, &lost, None),
        (above, &rows, Some(beyond)),
    ] {
        let svg = try_draw(&figure(asked), table, &small())
            .unwrap()
            .text("svg");
        assert_eq!(
            svg.contains("aria-label=\"no points"),
            says.is_some(),
            "{asked}{table}"
        );
        assert!(says.is_none_or(|says| svg.contains(says)), "{asked}{table}");
    }
}

/// Alignment of two layers of a deep network, and a mean over both.
const LAYERS: &str = "rule,step,runs,alignment_mean,alignment_std,alignment_layer_1_mean,alignment_layer_1_std,\
     alignment_layer_2_mean,alignment_layer_2_std,epoch_mean,epoch_std\n\
     feedback_alignment,0,3,0.02,0.01,0.03,0.01,0.01,0.02,0,0\n\
     feedback_alignment,7,3,0.45,0.02,0.3,0.04,0.6,0.05,1,0\n";

#[test]
fn layers_are_lines_of_one_panel() {
    let panel = "[[panel]]\nx = \"step\"\ny = \"alignment\"\nseries = \"layer\"\n";
    let csv = try_draw(&figure(panel), LAYERS, &small())
        .unwrap()
        .text("csv");
    assert!(csv.contains("\na,1,,7,0.3,0.26,"), "{csv}");
    assert!(csv.contains("\na,2,,7,0.6,"), "{csv}");
    assert_eq!(csv.lines().count(), 5);
    let deep = "[[panel]]\nx = \"layer\"\ny = \"alignment\"\nstyle = \"points\"\n";
    let csv = try_draw(&figure(deep), LAYERS, &small())
        .unwrap()
        .text("csv");
    assert!(
        csv.contains("\na,,,1,0.3,") && csv.contains("\na,,,2,0.6,"),
        "{csv}"
    );
    let other = "[[panel]]\nx = \"step\"\ny = \"epoch\"\nseries = \"layer\"\n";
    let error = try_draw(&figure(other), LAYERS, &small()).unwrap_err();
    assert!(
        format!("{error:#}").contains("`epoch` was recorded of no layer"),
        "{error:#}"
    );
}

#[test]
fn the_default_figure_has_a_line_for_each_layer() {
    let drawn = try_draw(&Figure::default(), LAYERS, &small()).unwrap();
    let csv = drawn.text("csv");
    let panels: std::collections::BTreeSet<&str> = csv
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').next())
        .collect();
    assert_eq!(panels.len(), 1, "{csv}");
    assert!(
        csv.contains("\na,1,,1,0.3,") && csv.contains("\na,2,,1,0.6,"),
        "{csv}"
    );
    // Also beside another quantity, without the mean over layers, and called what it is.
    let only = LAYERS
        .replace("alignment_mean", "test_accuracy_mean")
        .replace("alignment_std", "test_accuracy_std");
    let drawn = try_draw(&Figure::default(), &only, &small()).unwrap();
    let csv = drawn.text("csv");
    for row in ["\na,1,,1,0.3,", "\na,2,,1,0.6,", "\nb,,,1,0.45,"] {
        assert!(csv.contains(row), "{row}: {csv}");
    }
    let svg = drawn.text("svg");
    assert!(svg.contains("aria-label=\"alignment with backpropagation\""));
    assert!(!svg.contains("aria-label=\"alignment cos"));
    // Another quantity alone.
    let other = LAYERS.replace("alignment_", "dead_fraction_");
    let csv = try_draw(&Figure::default(), &other, &small())
        .unwrap()
        .text("csv");
    assert!(csv.contains("\na,1,,1,0.3,"), "{csv}");
}

#[test]
fn panels_of_a_row_that_look_the_same_share_a_legend() {
    let fixed = "where = { activation = \"linear\", rule = \"feedback_alignment\", ";
    let text = format!(
        "columns = 3\n\
         [[panel]]\nx = \"step\"\ny = \"loss\"\ny_scale = \"log\"\nseries = \"width\"\n{fixed}ridge = 0 }}\n\
         [[panel]]\nx = \"step\"\ny = \"loss\"\ny_scale = \"log\"\nseries = \"ridge\"\n{fixed}width = 20 }}\n\
         [[panel]]\nx = \"step\"\ny = \"alignment\"\nseries = \"ridge\"\n{fixed}width = 20 }}\n"
    );
    let svg = try_draw(&figure(&text), &sample::summary(), &small())
        .unwrap()
        .text("svg");
    for title in ["width p", "ridge λ"] {
        let label = format!("aria-label=\"{title}\"");
        assert_eq!(svg.matches(&label).count(), 1, "{title}");
    }
}

#[test]
fn the_axis_of_layers_has_ticks_at_layers_alone() {
    let of = |x: &str| {
        let panel = format!("[[panel]]\nx = \"{x}\"\ny = \"alignment\"\nstyle = \"points\"\n");
        let panel: Figure = figure(&panel);
        let table = Table::parse(LAYERS.as_bytes(), "layers").unwrap();
        let shown = [points::select(&table, &panel.panels[0], &small()).unwrap()];
        let looks = page::all_looks(&panel, &shown);
        let options = small();
        let page = page::Page::new(&panel, &shown, &looks, &options).unwrap();
        let fonts = font::Fonts::load().unwrap();
        page.plots[0].x_ticks(&fonts, 100.0)
    };
    let layers = of("layer");
    let labels: Vec<_> = layers
        .iter()
        .filter_map(|tick| tick.label.as_deref())
        .collect();
    assert_eq!(labels, ["1", "2"]);
    assert!(layers.iter().all(|tick| !tick.minor));
    assert!(of("step").iter().any(|tick| tick.minor));
}
